/// The units that a network knows; the id of a unit is its place in the list.
///
/// It is a function of the text alone: the most frequent unit comes first, units as frequent stand
/// in the order of their code points. Where rare units were folded into one (`--min-count`), that
/// one comes last and is spelled as the empty string, which no text holds. It encodes as a plain
/// list of strings.
public struct Vocabulary: Sendable {
  /// The units in the order of their ids; a byte is spelled as the scalar value of its number.
  public let units: [String]
  /// The id of the unit that rare units were folded into, if there is one; it is never generated.
  public let unknownID: Int?

  private let ids: [ExactText: Int32]

  /// How many units there are, the unknown unit included.
  public var count: Int { units.count }

  /// A vocabulary read from somewhere that is not trusted.
  ///
  /// - Parameters:
  ///   - units: The units in the order of their ids.
  ///   - unknownID: The id of the unknown unit, which must be spelled as the empty string.
  /// - Throws: `TextError` if the list is empty, names a unit twice, or spells another unit as the
  ///   empty string.
  public init(units: [String], unknownID: Int?) throws(TextError) {
    func fault(_ words: String) -> TextError { TextError(.vocabulary(words), in: "vocabulary") }
    guard units.count > (unknownID == nil ? 0 : 1) else { throw fault("it names no unit") }
    guard units.count <= Int(Int32.max) else { throw fault("it names more than 2^31 units") }
    var ids: [ExactText: Int32] = Dictionary(minimumCapacity: units.count)
    for (id, unit) in units.enumerated() {
      if let first = ids.updateValue(Int32(id), forKey: ExactText(unit)) {
        throw fault("units \(first) and \(id) are both \(describe(unit))")
      }
    }
    guard ids[ExactText("")].map({ Int($0) }) == unknownID else {
      throw fault("the unknown unit, and no other, must be spelled as the empty string")
    }
    self.units = units
    self.unknownID = unknownID
    self.ids = ids
  }

  /// The id of a unit, compared code point by code point; nothing if the vocabulary does not hold
  /// it.
  public func id(of unit: String) -> Int? {
    unit.isEmpty ? nil : ids[ExactText(unit)].map { Int($0) }
  }

  /// Checks that the units can come of these rules.
  ///
  /// - Throws: `TextError` if a code point unit has more than one, or a byte unit is beyond U+00FF.
  public func check(for tokenizer: Tokenizer) throws(TextError) {
    for (id, unit) in units.enumerated() where id != unknownID {
      let isSound =
        switch tokenizer.unit {
        case .grapheme, .jamo: true
        case .codepoint: unit.unicodeScalars.count == 1
        case .byte:
          unit.unicodeScalars.count == 1 && unit.unicodeScalars.allSatisfy { $0.value < 256 }
        }
      guard isSound else {
        throw TextError(
          .vocabulary("unit \(id), \(describe(unit)), is no \(tokenizer.unit.rawValue)"),
          in: "vocabulary")
      }
    }
  }
}

extension Vocabulary: Equatable {
  /// Whether both hold the same code points in the same order.
  public static func == (a: Vocabulary, b: Vocabulary) -> Bool {
    a.units.count == b.units.count
      && zip(a.units, b.units).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
  }
}

extension Vocabulary: Codable {
  /// Reads a list of strings.
  ///
  /// - Throws: `DecodingError` if it is none, or breaks a rule of a vocabulary.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let units = try container.decode([String].self)
    do {
      try self.init(units: units, unknownID: units.firstIndex { $0.isEmpty })
    } catch {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: error.description)
    }
  }

  /// Writes a list of strings.
  ///
  /// - Throws: What the encoder throws.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(units)
  }
}

/// A string compared by its code points, where `String` takes canonical equivalents for equal.
struct ExactText: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (a: ExactText, b: ExactText) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

/// A prompt as ids, and what became of the units that the vocabulary does not hold.
public struct PromptEncoding: Sendable, Equatable {
  /// What the network reads.
  public let ids: [Int]
  /// The units that could not be read as they stand, in their order.
  public let substitutions: [Substitution]

  /// A unit of a prompt that the vocabulary does not hold.
  public struct Substitution: Sendable, Equatable {
    /// What was read in its place.
    public enum StepMetrics: Sendable, Equatable {
      /// The nearest form that the vocabulary holds.
      case replaced(String)
      /// The unknown unit, into which rare units of the corpus were folded.
      case unknown
      /// Nothing.
      case skipped
    }

    /// How many units of the prompt come before it.
    public let position: Int
    /// The unit itself.
    public let unit: String
    /// The unit for human eyes: `U+AC02 HANGUL SYLLABLE GAGG`, for a byte `byte EA`.
    public let name: String
    /// What was read in its place.
    public let outcome: StepMetrics

    /// The text read in its place; nothing if it was skipped or read as the unknown unit.
    public var replacement: String? {
      guard case .replaced(let text) = outcome else { return nil }
      return text
    }
  }
}

extension Tokenizer {
  /// Encodes a prompt.
  ///
  /// A unit that the vocabulary does not hold is read as the nearest form that it holds: for a
  /// line's end another, else another normal form, then lower or upper case, then full width;
  /// failing that as the unknown unit if there is one, else skipped.
  public func encodePrompt(_ text: String, vocabulary: Vocabulary) -> PromptEncoding {
    var ids: [Int] = []
    var substitutions: [PromptEncoding.Substitution] = []
    for (position, unit) in units(of: text).enumerated() {
      if let id = vocabulary.id(of: unit) {
        ids.append(id)
        continue
      }
      let outcome: PromptEncoding.Substitution.StepMetrics
      if self.unit != .byte, let (form, known) = nearestForm(of: unit, in: vocabulary) {
        ids += known
        outcome = .replaced(form)
      } else if let unknown = vocabulary.unknownID {
        ids.append(unknown)
        outcome = .unknown
      } else {
        outcome = .skipped
      }
      let name = self.unit == .byte ? "byte " + hexadecimal(Self.bytes(of: unit)) : describe(unit)
      substitutions.append(.init(position: position, unit: unit, name: name, outcome: outcome))
    }
    return PromptEncoding(ids: ids, substitutions: substitutions)
  }

  private static func bytes(of unit: String) -> [UInt8] {
    unit.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
  }

  /// The first of the unit's forms whose units are all in the vocabulary, with their ids.
  private func nearestForm(of unit: String, in vocabulary: Vocabulary) -> (String, ids: [Int])? {
    // What is looked up is already in the tokenizer's form, so the others are cut without
    // normalising.
    let plain = Tokenizer(unit: self.unit, normalization: .none)
    for form in Self.forms(of: unit) {
      let ids = plain.units(of: form).map { vocabulary.id(of: $0) }
      let known = ids.compactMap { $0 }
      if !known.isEmpty, known.count == ids.count { return (form, known) }
    }
    return nil
  }

  /// Forms that a reader takes for the same, the nearest first.
  private static func forms(of unit: String) -> [String] {
    let lineEnds = ["\n", "\r\n", "\r"]
    if lineEnds.contains(unit) { return lineEnds }
    let normal = [NormalForm.nfc, .nfd, .nfkc].map { form in
      Tokenizer(unit: .codepoint, normalization: form).normalized(unit)
    }
    let cased = ([unit] + normal).flatMap { [$0.lowercased(), $0.uppercased()] }
    let wide = ([unit] + normal + cased).compactMap { Width.full($0) }
    return normal + cased + wide
  }
}

/// The full-width forms of characters; their way back is NFKC.
private enum Width {
  /// By NFKC, the characters of the block Halfwidth and Fullwidth Forms, and the wide space.
  private static let forms: [Unicode.Scalar: Unicode.Scalar] = {
    let tokenizer = Tokenizer(unit: .codepoint, normalization: .nfkc)
    var forms: [Unicode.Scalar: Unicode.Scalar] = [" ": "\u{3000}"]
    for scalar in (0xFF01...0xFF60).compactMap({ Unicode.Scalar($0 as UInt32) })
      + (0xFFE0...0xFFE6).compactMap({ Unicode.Scalar($0 as UInt32) })
    {
      let narrow = tokenizer.normalized(String(scalar)).unicodeScalars
      if let only = narrow.first, narrow.count == 1, only != scalar { forms[only] = scalar }
    }
    return forms
  }()

  /// The text with each character in its full width; nothing if one has none.
  static func full(_ text: String) -> String? {
    var wide = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      guard let form = forms[scalar] else { return nil }
      wide.append(form)
    }
    return String(wide)
  }
}

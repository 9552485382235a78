/// How many bytes of the text each unit of a vocabulary stands for.
struct TokenByteCounts: Sendable {
  /// What a jamo can be to a syllable; `none` for all other units.
  fileprivate enum Role { case none, lead, vowel, trail }

  fileprivate private(set) var bytes: [Int32]
  fileprivate private(set) var roles: [Role]?

  init(_ vocabulary: Vocabulary, _ tokenizer: Tokenizer) {
    bytes = vocabulary.units.map { unit in
      tokenizer.unit == .byte ? 1 : Int32(unit.utf8.count)
    }
    guard tokenizer.unit == .jamo, tokenizer.normalization != .nfd else { return }
    roles = vocabulary.units.map { unit in
      guard let scalar = unit.unicodeScalars.first, unit.unicodeScalars.count == 1 else {
        return .none
      }
      if Hangul.leads.contains(scalar.value) { return .lead }
      if Hangul.vowels.contains(scalar.value) { return .vowel }
      return Hangul.trails.contains(scalar.value) ? .trail : .none
    }
  }

  /// Goes over units in their order and answers the bytes that each adds: a vowel that composes
  /// with the lead before it, and a trail with their syllable, add none.
  struct Tally {
    private let sizes: TokenByteCounts
    private var latest = Role.none  // the last part of a syllable that may go on

    init(_ sizes: TokenByteCounts) { self.sizes = sizes }

    mutating func add(_ id: Int32) -> Int {
      guard id >= 0 else {
        latest = .none
        return 0
      }
      let size = Int(sizes.bytes[Int(id)])
      guard let role = sizes.roles?[Int(id)] else { return size }
      switch (latest, role) {
      case (.lead, .vowel):
        latest = .vowel
        return 0
      case (.vowel, .trail):
        latest = .none
        return 0
      default:
        latest = role == .lead ? .lead : .none
        return size
      }
    }
  }
}

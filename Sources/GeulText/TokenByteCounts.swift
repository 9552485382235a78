/// The number of bytes of text that each token of a vocabulary stands for.
struct TokenByteCounts: Sendable {
  /// The position of a jamo in a syllable; `none` for other tokens.
  fileprivate enum Role { case none, lead, vowel, trail }

  fileprivate private(set) var bytes: [Int32]
  fileprivate private(set) var roles: [Role]?
  fileprivate let unknownID: Int?
  /// The mean number of bytes of the tokens that the unknown token replaced.
  let bytesPerUnknown: Double

  init(_ vocabulary: Vocabulary, _ tokenizer: Tokenizer, bytesPerUnknown: Double) {
    unknownID = vocabulary.unknownID
    self.bytesPerUnknown = bytesPerUnknown
    bytes = vocabulary.tokens.enumerated().map { id, token in
      // The token of a label stands for a line feed.
      let isLabel = vocabulary.labels?.ids.contains(id) == true
      return tokenizer.unit == .byte || isLabel ? 1 : Int32(token.utf8.count)
    }
    guard tokenizer.unit == .jamo, tokenizer.normalization != .nfd else { return }
    roles = vocabulary.tokens.map { token in
      guard let scalar = token.unicodeScalars.first, token.unicodeScalars.count == 1 else {
        return .none
      }
      if Hangul.leads.contains(scalar.value) { return .lead }
      if Hangul.vowels.contains(scalar.value) { return .vowel }
      return Hangul.trails.contains(scalar.value) ? .trail : .none
    }
  }

  /// Counts the bytes of a token sequence.
  ///
  /// All bytes of a syllable are attributed to its leading consonant: a vowel or a trailing
  /// consonant that composes with the jamo before it adds none.
  struct Counter {
    private let byteCounts: TokenByteCounts
    /// The last jamo of a syllable that may continue.
    private var previous = Role.none
    /// The number of unknown tokens, whose bytes `add` omits.
    private(set) var unknownCount = 0

    init(_ byteCounts: TokenByteCounts) { self.byteCounts = byteCounts }

    /// Returns the number of bytes that the next token adds.
    mutating func add(_ id: Int32) -> Int {
      guard id >= 0 else {
        previous = .none
        return 0
      }
      if Int(id) == byteCounts.unknownID { unknownCount += 1 }
      let size = Int(byteCounts.bytes[Int(id)])
      guard let role = byteCounts.roles?[Int(id)] else { return size }
      switch (previous, role) {
      case (.lead, .vowel):
        previous = .vowel
        return 0
      case (.vowel, .trail):
        previous = .none
        return 0
      default:
        previous = role == .lead ? .lead : .none
        return size
      }
    }
  }
}

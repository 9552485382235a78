/// Splits a text into words: what is between white space, without punctuation at the ends, in lower case.
///
/// A word begins and ends with a letter, a mark or a number (the general categories L, M and N).
struct WordSplitter {
  /// The role of a character in words.
  enum Role {
    case space, part, other

    /// Returns the role of a character.
    init(_ scalar: Unicode.Scalar) {
      guard !scalar.properties.isWhitespace else {
        self = .space
        return
      }
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
        .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
        self = .part
      default: self = .other
      }
    }
  }

  private var word = String.UnicodeScalarView()
  /// The number of characters of `word`, whose `count` takes O(n) time.
  private var count = 0
  /// The number of characters of the word without punctuation at its end.
  private var length = 0

  /// Reads a character, and calls `body` with the word that ends before it, if there is one.
  mutating func add(_ scalar: Unicode.Scalar, _ role: Role, _ body: (String) -> Void) {
    guard role != .space else { return finish(body) }
    guard role == .part || length > 0 else { return }
    word.append(scalar)
    count += 1
    if role == .part { length = count }
  }

  /// Ends the text, and calls `body` with its last word if that has not ended.
  mutating func finish(_ body: (String) -> Void) {
    if length > 0 { body(String(word.prefix(length)).lowercased()) }
    word.removeAll(keepingCapacity: true)
    (count, length) = (0, 0)
  }

  /// Returns the words of a text.
  static func words(of text: some Sequence<Unicode.Scalar>) -> [String] {
    var roles: [Unicode.Scalar: Role] = [:]
    var splitter = WordSplitter()
    var words: [String] = []
    for scalar in text {
      let role =
        roles[scalar]
        ?? {
          let role = Role(scalar)
          roles[scalar] = role
          return role
        }()
      splitter.add(scalar, role) { words.append($0) }
    }
    splitter.finish { words.append($0) }
    return words
  }
}

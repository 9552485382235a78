/// The position of a reader in a text: inside quotation marks or brackets, in the line and in the word.
struct ReadingState {
  private(set) var isQuoted = false
  private(set) var bracketDepth = 0
  /// The number of tokens since the start of the line, at most 200.
  private(set) var linePosition = 0
  /// The number of letters since the start of the word.
  private(set) var wordPosition = 0
  /// Indicates whether the current word begins with a capital letter.
  private(set) var isCapitalized = false
  /// The first code point of the last token.
  private(set) var scalar: Unicode.Scalar = " "

  /// Indicates whether the last token is a letter.
  var isLetter: Bool { scalar.properties.isAlphabetic }

  /// Indicates whether the last token is a Hangul syllable or a jamo.
  var isHangul: Bool {
    0x1100...0x11FF ~= scalar.value || 0x3130...0x318F ~= scalar.value
      || 0xAC00...0xD7A3 ~= scalar.value
  }

  /// Reads a token.
  mutating func read(_ token: String) {
    scalar = token.unicodeScalars.first ?? " "
    switch token {
    case "\"": isQuoted.toggle()
    case "“", "「", "«": isQuoted = true
    case "”", "」", "»": isQuoted = false
    case "(", "[", "{": bracketDepth += 1
    case ")", "]", "}": bracketDepth = max(0, bracketDepth - 1)
    default: break
    }
    let isLineEnd = token == "\n" || token == "\r\n"
    // An empty line ends the paragraph, and with it unbalanced quotation marks and brackets.
    if isLineEnd, linePosition == 0 { (isQuoted, bracketDepth) = (false, 0) }
    linePosition = isLineEnd ? 0 : min(200, linePosition + 1)
    isCapitalized =
      isLetter ? (wordPosition == 0 ? scalar.properties.isUppercase : isCapitalized) : false
    wordPosition = isLetter ? wordPosition + 1 : 0
  }
}

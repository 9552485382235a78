extension NeuronProbe {
  /// A feature of a text that has a name and a value at each position.
  public enum Feature: String, CaseIterable, Sendable {
    case quotation = "inside quotation marks"
    case brackets = "inside brackets"
    case linePosition = "position in the line"
    case wordPosition = "position in the word"
    case capitalizedWord = "inside a capitalized word"
    case hangul = "Hangul"
    case latin = "Latin letters"
    case digits = "digits"

    /// Returns the value of the feature after each token.
    public func values(_ tokens: [String]) -> [Float] {
      var isQuoted = false
      var bracketDepth = 0
      var linePosition = 0
      var wordPosition = 0
      var isCapitalized = false
      return tokens.map { token in
        let scalar = token.unicodeScalars.first ?? " "
        let isLetter = scalar.properties.isAlphabetic
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
        switch self {
        case .quotation: return isQuoted ? 1 : 0
        case .brackets: return bracketDepth > 0 ? 1 : 0
        case .linePosition: return Float(linePosition)
        case .wordPosition: return Float(min(wordPosition, 12))
        case .capitalizedWord: return isCapitalized ? 1 : 0
        case .hangul:
          return 0x1100...0x11FF ~= scalar.value || 0x3130...0x318F ~= scalar.value
            || 0xAC00...0xD7A3 ~= scalar.value ? 1 : 0
        case .latin: return isLetter && scalar.value < 0x250 ? 1 : 0
        case .digits: return scalar.properties.numericType == .decimal ? 1 : 0
        }
      }
    }
  }
}

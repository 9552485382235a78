extension NeuronProbe {
  /// A feature of a text that has a value at each position.
  public enum Feature: String, CaseIterable, Sendable {
    /// Inside quotation marks.
    case quotation
    /// Inside brackets.
    case brackets
    /// The number of tokens since the start of the line.
    case linePosition = "line_position"
    /// The number of tokens since the start of the word.
    case wordPosition = "word_position"
    /// Inside a word that begins with a capital letter.
    case capitalizedWord = "capitalized_word"
    /// Hangul.
    case hangul
    /// Latin letters.
    case latin
    /// Decimal digits.
    case digits
    /// Korean particles (조사) at the end of an eojeol, found by spelling.
    case particle
    /// Korean verb endings (어미) at the end of an eojeol, found by spelling.
    case ending
    /// The current syllable has a final consonant (받침).
    case finalConsonant = "final_consonant"

    /// Indicates whether the feature is found by spelling, so that some words are mistaken for it.
    public var isApproximate: Bool { self == .particle || self == .ending }

    /// Returns the value of the feature after each token.
    public func values(in text: TokenizedText) -> [Float] {
      func values(_ value: (ReadingState) -> Float) -> [Float] {
        var state = ReadingState()
        return text.symbols.map { symbol in
          state.read(symbol)
          return value(state)
        }
      }
      return switch self {
      case .quotation: values { $0.isQuoted ? 1 : 0 }
      case .brackets: values { $0.bracketDepth > 0 ? 1 : 0 }
      case .linePosition: values { Float($0.linePosition) }
      case .wordPosition: values { Float(min($0.wordPosition, 12)) }
      case .capitalizedWord: values { $0.isCapitalized ? 1 : 0 }
      case .hangul: values { $0.isHangul ? 1 : 0 }
      case .latin: values { $0.isLetter && $0.scalar.value < 0x250 ? 1 : 0 }
      case .digits: values { $0.scalar.properties.numericType == .decimal ? 1 : 0 }
      case .particle: KoreanFeatures(text).suffixes(.particle)
      case .ending: KoreanFeatures(text).suffixes(.ending)
      case .finalConsonant: KoreanFeatures(text).finalConsonants()
      }
    }
  }
}

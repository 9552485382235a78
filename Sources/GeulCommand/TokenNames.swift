import Geul
import GeulCharts

/// Printable names of tokens, which tell apart what a text shows alike or not at all.
struct TokenNames {
  let unit: TokenUnit
  let language: Language

  /// Returns the name of a token: `␣` for a space, `-ㄱ` for a final consonant, `EA` for a byte beyond ASCII.
  func callAsFunction(_ token: String) -> String {
    hexadecimal(token) ?? character(token)
  }

  /// Returns the name of a character, which tokens such as bytes form: `␣` for a space, otherwise the character.
  func character(_ text: String) -> String {
    switch text {
    case " ": return "␣"
    case "\t": return "⇥"
    case "": return language("(unknown)", "(미등록)")
    default: break
    }
    return (JamoPosition(text) == .final ? "-" : "") + displayText(of: text)
  }

  /// Returns the name of a token, with the position in the syllable if it is a jamo: `final ㄱ`.
  func withPosition(_ token: String) -> String {
    guard let position = JamoPosition(token) else { return self(token) }
    return "\(position.name(in: language)) \(displayText(of: token))"
  }

  /// Returns the label of a token above a column: the token, or a byte beyond ASCII in hexadecimal.
  func label(_ token: String) -> String { hexadecimal(token) ?? token }

  /// Returns a byte beyond ASCII in hexadecimal; nil for other tokens.
  private func hexadecimal(_ token: String) -> String? {
    guard unit == .byte, let byte = token.unicodeScalars.first?.value, byte >= 0x80 else {
      return nil
    }
    return String(byte, radix: 16, uppercase: true)
  }

  /// Returns predictions with their probabilities, by descending probability.
  func list(_ predictions: [Explanation.Prediction], separator: String) -> String {
    // A no-break space keeps a token and its probability on one line.
    predictions.map { "\(self($0.token))\u{A0}\(percent($0.probability))" }
      .joined(separator: separator)
  }

  private func percent(_ fraction: Double) -> String { "\(Int((fraction * 100).rounded()))%" }
}

extension JamoPosition {
  /// Returns the name of the position.
  fileprivate func name(in language: Language) -> String {
    switch self {
    case .lead: language("initial", "초성")
    case .vowel: language("vowel", "중성")
    case .final: language("final", "종성")
    }
  }
}

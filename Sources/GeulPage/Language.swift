/// A language of the text in figures, reports and pages.
///
/// Texts stand side by side where they are used: `language("Loss", "손실")`.
public enum Language: String, Codable, Sendable, CaseIterable {
  case english = "en"
  case korean = "ko"

  /// Returns the one of two texts, or lists of texts, that is in this language.
  public func callAsFunction<Text>(_ english: Text, _ korean: Text) -> Text {
    switch self {
    case .english: english
    case .korean: korean
    }
  }
}

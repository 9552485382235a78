/// The capabilities of a terminal.
public struct Terminal: Sendable, Equatable {
  /// The number of columns, at least 20.
  public let width: Int
  /// Indicates whether the terminal shows 24-bit colors; false for a file or a pipe.
  public let supportsColor: Bool

  /// Creates a terminal; a width below 20 columns counts as 20.
  public init(width: Int, supportsColor: Bool) {
    self.width = max(20, width)
    self.supportsColor = supportsColor
  }

  /// Returns `text` with ANSI escape codes for a foreground and a background color; `text` itself if
  /// the terminal does not support colors.
  package func styled(_ text: String, _ color: Color? = nil, background: Color? = nil) -> String {
    guard supportsColor, color != nil || background != nil else { return text }
    var codes: [String] = []
    if let color { codes.append("38;2;\(color.red);\(color.green);\(color.blue)") }
    if let background {
      codes.append("48;2;\(background.red);\(background.green);\(background.blue)")
    }
    return "\u{1B}[\(codes.joined(separator: ";"))m\(text)\u{1B}[0m"
  }
}

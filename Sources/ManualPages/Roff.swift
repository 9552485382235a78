import Foundation

/// Text in the markup of manual pages, mdoc(7).
enum Roff {
  /// Returns lines of filled text, one sentence a line.
  static func text(_ prose: String) -> String {
    prose.replacing(/(?<sentence>[A-Za-z0-9)][.?:]) (?<next>[A-Z-])/) {
      "\($0.output.sentence)\n\($0.output.next)"
    }
    .split(separator: "\n").map { line in
      let words = line.split(separator: " ").map { word in
        // A hyphen may be shown as another character than the dash of options.
        word.hasPrefix("-") || word.contains("--") ? literal(word) : escaped(word)
      }
      return protected(words.joined(separator: " "))
    }
    .joined(separator: "\n")
  }

  /// Returns text that is shown character for character, in one or more lines.
  static func literal(_ text: some StringProtocol) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let characters = escaped(line).replacing("-", with: "\\-").replacing("'", with: "\\(aq")
        .replacing("`", with: "\\(ga").replacing("^", with: "\\(ha").replacing("~", with: "\\(ti")
      return protected(characters)
    }
    .joined(separator: "\n")
  }

  /// Returns a usage such as `<model> [--json]` as macros, one a line.
  static func synopsis(_ usage: Substring) -> String {
    usage.matches(of: /<([^>]*)>|\[|\]|[^ <>\[\]]+/).map { match in
      if let name = match.output.1 { return ".Ar \(escaped(name))" }
      switch match.output.0 {
      case "[": return ".Oo"
      case "]": return ".Oc"
      case let word where word.hasPrefix("--"): return ".Fl \(literal(word.dropFirst()))"
      case let word: return literal(word)
      }
    }
    .joined(separator: "\n")
  }

  /// Returns text without a control character at its beginning.
  private static func protected(_ line: String) -> String {
    line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
  }

  /// Returns text with backslashes and characters outside ASCII as escape sequences.
  private static func escaped(_ text: some StringProtocol) -> String {
    text.unicodeScalars.map { scalar in
      if scalar == "\\" { return "\\e" }
      return scalar.isASCII
        ? String(scalar) : "\\[u\(String(format: "%04X", scalar.value))]"
    }
    .joined()
  }
}

/// Returns the display width of a text: the number of terminal columns it takes.
public func displayWidth(of text: some StringProtocol) -> Int {
  text.reduce(0) { $0 + displayWidth(ofCharacter: String($1)) }
}

/// Returns the display width of one character: 2 for East Asian wide characters and emoji, else 1.
package func displayWidth(ofCharacter character: String) -> Int {
  guard let first = character.unicodeScalars.first else { return 0 }
  switch first.value {
  case 0x00...0x10FF: return 1
  case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF,
    0x20000...0x3FFFD:
    return 2
  default: return first.properties.isEmojiPresentation ? 2 : 1
  }
}

/// Returns a text with its control characters visible, so that it cannot control a terminal.
///
/// Line breaks and tabs stay; CRLF becomes a line feed. ESC becomes `␛`, a control character above U+007F or one that
/// changes the direction of text becomes `<U+202E>`.
public func visibleText(_ text: String) -> String {
  var visible = VisibleText()
  return visible.append(text) + visible.finish()
}

/// A filter that makes the control characters of a text visible, piece by piece, as `visibleText(_:)` does.
public struct VisibleText: Sendable {
  /// Indicates whether the last piece ended with a carriage return, which may begin a line ending.
  private var hasCarriageReturn = false

  /// Creates a filter at the start of a text.
  public init() {}

  /// Returns the visible form of the next piece; a carriage return at its end is held back.
  public mutating func append(_ piece: String) -> String {
    guard hasCarriageReturn || !piece.utf8.allSatisfy(Self.isPlain) else { return piece }
    var visible = String.UnicodeScalarView()
    for scalar in piece.unicodeScalars {
      if hasCarriageReturn, scalar != "\n" { visible.append("\u{240D}") }
      hasCarriageReturn = scalar == "\r"
      guard !hasCarriageReturn else { continue }
      switch scalar.value {
      case 0x09, 0x0A: visible.append(scalar)
      case 0x00...0x1F: visible.append(Unicode.Scalar(0x2400 + scalar.value) ?? scalar)
      case 0x7F: visible.append("\u{2421}")
      case _ where scalar.properties.generalCategory == .control || scalar.isBidiControl:
        let code = String(scalar.value, radix: 16, uppercase: true)
        let zeros = String(repeating: "0", count: max(0, 4 - code.count))
        visible.append(contentsOf: "<U+\(zeros)\(code)>".unicodeScalars)
      default: visible.append(scalar)
      }
    }
    return String(visible)
  }

  /// Ends the text: returns the visible form of a carriage return that was held back.
  public mutating func finish() -> String {
    defer { hasCarriageReturn = false }
    return hasCarriageReturn ? "\u{240D}" : ""
  }

  /// Indicates whether a byte of UTF-8 belongs to none of the characters that are replaced.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x09, 0x0A: true
    // The first bytes of U+0080 to U+00BF and of U+2000 to U+2FFF.
    case 0x00...0x1F, 0x7F, 0xC2, 0xE2: false
    default: true
    }
  }
}

extension Unicode.Scalar {
  /// Indicates whether the character embeds, overrides or isolates a direction of text: it reorders what a reader sees.
  fileprivate var isBidiControl: Bool {
    (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
  }
}

/// Returns a visible representation of a token.
///
/// Control characters become symbols. A conjoining jamo becomes the compatibility jamo that looks
/// like it, because terminals and browsers disagree on the width of conjoining jamo.
public func displayText(of token: String) -> String {
  switch token {
  case "\n", "\r\n": return "↵"
  case "\t": return "→"
  case "": return "□"
  default: break
  }
  let scalars = token.unicodeScalars
  if scalars.contains(where: { $0.properties.generalCategory == .control || $0.isBidiControl }) {
    return "·"
  }
  guard scalars.count == 1, let scalar = scalars.first else { return token }
  return compatibilityJamo(of: scalar).map { String(Character($0)) } ?? token
}

/// Returns the compatibility jamo (U+3131 to U+3163) of a conjoining jamo; nil for other characters.
private func compatibilityJamo(of scalar: Unicode.Scalar) -> Unicode.Scalar? {
  func element(of letters: String, from first: UInt32) -> Unicode.Scalar? {
    let letters = Array(letters.unicodeScalars)
    return scalar.value >= first && scalar.value < first + UInt32(letters.count)
      ? letters[Int(scalar.value - first)] : nil
  }
  if 0x1161...0x1175 ~= scalar.value { return Unicode.Scalar(scalar.value - 0x1161 + 0x314F) }
  return element(of: "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ", from: 0x1100)
    ?? element(of: "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ", from: 0x11A8)
}

/// Returns a text with the special characters of HTML escaped.
public func htmlEscaped(_ text: String) -> String {
  text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    .replacing("\"", with: "&quot;")
}

/// Returns a `lang` attribute for a text in Korean, which selects fonts and the voice of screen
/// readers; an empty string for other texts.
func languageAttribute(of text: String) -> String {
  text.unicodeScalars.contains { 0xAC00...0xD7A3 ~= $0.value || 0x1100...0x11FF ~= $0.value }
    ? " lang=\"ko\"" : ""
}

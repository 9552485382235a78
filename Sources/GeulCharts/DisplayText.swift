/// Returns the display width of a text: the number of terminal columns it takes.
public func displayWidth(of text: some StringProtocol) -> Int {
  text.reduce(0) { $0 + displayWidth(ofCharacter: String($1)) }
}

/// Returns the display width of one character: 2 for East Asian wide characters and emoji, else 1.
func displayWidth(ofCharacter character: String) -> Int {
  guard let first = character.unicodeScalars.first else { return 0 }
  switch first.value {
  case 0x1100...0x115F, 0x2E80...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
    0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
    return 2
  default: return 1
  }
}

/// Wraps one line of text at spaces to lines of at most `width` columns; longer words are split.
public func wrapped(_ text: String, width: Int) -> [String] {
  var lines = [""]
  var column = 0
  let words = text.split(separator: " ", omittingEmptySubsequences: false)
  for (index, word) in words.enumerated() {
    if index > 0, column > 0, column + 1 + displayWidth(of: word) > width {
      lines.append("")
      column = 0
    } else if index > 0 {
      lines[lines.count - 1] += " "
      column += 1
    }
    for character in word {
      let characterWidth = displayWidth(ofCharacter: String(character))
      if column + characterWidth > width {
        lines.append("")
        column = 0
      }
      lines[lines.count - 1].append(character)
      column += characterWidth
    }
  }
  return lines
}

/// Wraps each line of a text of several lines to at most `width` columns.
public func wrappedLines(_ text: String, width: Int) -> [String] {
  text.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
    wrapped(String($0), width: width)
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
  if scalars.contains(where: { $0.properties.generalCategory == .control }) { return "·" }
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

import GeulStorage

/// Returns a readable name of a token, such as `한 U+D55C HANGUL SYLLABLE HAN`.
///
/// Code points are joined by `+`. A token that is not visible on its own is shown by name only.
func describe(_ token: String) -> String {
  let scalars = Array(token.unicodeScalars)
  let shown = scalars.prefix(4).map {
    "U+" + String(hexadecimal: $0.value, digits: 4, uppercase: true) + " " + name(of: $0)
  }
  return (isVisible(token) ? token + " " : "") + shown.joined(separator: " + ")
    + (scalars.count > 4 ? " + ..." : "")
}

/// Returns true if a token starts with a letter, number, punctuation mark or symbol and contains no
/// control character.
private func isVisible(_ token: String) -> Bool {
  guard let first = token.unicodeScalars.first, !(0x1100...0x11FF ~= first.value) else {
    return false
  }
  return switch first.properties.generalCategory {
  case .nonspacingMark, .spacingMark, .enclosingMark, .control, .format, .surrogate, .privateUse,
    .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
    false
  default: !token.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }
}

/// Returns the Unicode name of a character, or its category if it has no name.
private func name(of scalar: Unicode.Scalar) -> String {
  if let name = scalar.properties.name { return name }
  switch scalar.value {
  case 0x00: return "NULL"
  case 0x07: return "BELL"
  case 0x08: return "BACKSPACE"
  case 0x09: return "TAB"
  case 0x0A: return "LINE FEED"
  case 0x0B: return "VERTICAL TAB"
  case 0x0C: return "FORM FEED"
  case 0x0D: return "CARRIAGE RETURN"
  case 0x1B: return "ESCAPE"
  default: break
  }
  return switch scalar.properties.generalCategory {
  case .control: "CONTROL CHARACTER"
  case .privateUse: "PRIVATE USE"
  default: "UNASSIGNED"
  }
}

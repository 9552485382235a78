/// Names a unit for a human: `한 U+D55C HANGUL SYLLABLE HAN`, several code points joined by `+`; what cannot be seen alone
/// without itself.
func describe(_ unit: String) -> String {
  let scalars = Array(unit.unicodeScalars)
  let shown = scalars.prefix(4).map { "U+" + hexadecimal(scalar: $0) + " " + name(of: $0) }
  return (isSeenAlone(unit) ? unit + " " : "") + shown.joined(separator: " + ")
    + (scalars.count > 4 ? " + ..." : "")
}

/// Whether a unit begins with a letter, a number, a sign or a symbol that stands by itself, and holds no control character.
private func isSeenAlone(_ unit: String) -> Bool {
  guard let first = unit.unicodeScalars.first, !(0x1100...0x11FF ~= first.value) else {
    return false
  }
  return switch first.properties.generalCategory {
  case .nonspacingMark, .spacingMark, .enclosingMark, .control, .format, .surrogate, .privateUse,
    .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
    false
  default: !unit.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }
}

private func hexadecimal(scalar: Unicode.Scalar) -> String {
  let digits = String(scalar.value, radix: 16, uppercase: true)
  return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

/// The character's name, or for one without a name what it is.
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

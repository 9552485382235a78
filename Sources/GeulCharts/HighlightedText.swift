/// A text of which each unit has a mark: how much it stands out, and what there is to say of it.
public struct MarkedText: Picture {
  /// A unit.
  public struct Unit: Sendable {
    /// As text.
    public var text: String
    /// From 0, nothing, to 1, the most; nil for no mark at all.
    public var weight: Double?
    /// The digit that stands for the weight where there are no colours.
    public var digit: Int
    /// What there is to say.
    public var note: String

    /// A unit.
    public init(_ text: String, weight: Double?, digit: Int, note: String) {
      self.text = text
      self.weight = weight
      self.digit = digit
      self.note = note
    }
  }

  /// The units in their order.
  public let units: [Unit]
  /// In words, what the marks mean.
  public let legend: String

  /// A text.
  public init(_ units: [Unit], legend: String) {
    self.units = units
    self.legend = legend
  }

  /// With colours the text itself; without, under each line of it one of digits.
  public func lines(on terminal: Terminal) -> [String] {
    var lines: [String] = []
    var (text, digits, column) = ("", "", 0)
    func end() {
      lines.append(text)
      if !terminal.hasColours { lines.append(digits) }
      (text, digits, column) = ("", "", 0)
    }
    for unit in units {
      let shown = visible(unit.text)
      let width = columns(shown)
      if column + width > terminal.width { end() }
      let ground = unit.weight.map { Self.ground($0) }
      text += terminal.paint(shown, ground.map { _ in Colour(0, 0, 0) }, on: ground)
      digits +=
        (unit.weight == nil ? " " : "\(min(9, max(0, unit.digit)))")
        + String(repeating: " ", count: max(0, width - 1))
      column += width
      if unit.text == "\n" || unit.text == "\r\n" { end() }
    }
    if column > 0 { end() }
    return lines + wrapped(legend, width: terminal.width)
  }

  /// A span for each unit; what there is to say of it comes when it is pointed at, or read.
  public var html: String {
    let spans = units.map { unit -> String in
      let isEnd = unit.text == "\n" || unit.text == "\r\n"
      let shown = isEnd ? "↵\n" : unit.text == "\t" ? "\t" : visible(unit.text)
      guard let weight = unit.weight else { return "<span>\(escaped(shown))</span>" }
      return
        "<span style=\"--w:\(rounded(weight, 2))\" title=\"\(escaped(unit.note))\">\(escaped(shown))</span>"
    }
    return
      "<p class=\"marked\"\(languageMark(of: units.map(\.text).joined()))>\(spans.joined())</p>\n<p class=\"legend\">\(escaped(legend))</p>"
  }

  /// White where nothing stands out, orange where much does.
  private static func ground(_ weight: Double) -> Colour {
    .mix(Colour(238, 238, 238), Colour(240, 110, 10), min(1, max(0, weight)))
  }
}

/// A unit as it can be seen alone: what is invisible gets a sign, and a part of a Hangul syllable the letter of its own that
/// looks like it, as terminals and pages do not know how wide parts are.
public func visible(_ unit: String) -> String {
  switch unit {
  case "\n", "\r\n": return "↵"
  case "\t": return "→"
  case "": return "□"
  default: break
  }
  let scalars = unit.unicodeScalars
  if scalars.contains(where: { $0.properties.generalCategory == .control }) { return "·" }
  guard scalars.count == 1, let only = scalars.first else { return unit }
  return letter(ofPart: only).map { String(Character($0)) } ?? unit
}

/// The letter (U+3131 to U+3163) that looks like a leading consonant, a vowel or a final consonant of a Hangul syllable.
private func letter(ofPart part: Unicode.Scalar) -> Unicode.Scalar? {
  func pick(_ letters: String, _ first: UInt32) -> Unicode.Scalar? {
    let letters = Array(letters.unicodeScalars)
    return part.value >= first && part.value < first + UInt32(letters.count)
      ? letters[Int(part.value - first)] : nil
  }
  if 0x1161...0x1175 ~= part.value { return Unicode.Scalar(part.value - 0x1161 + 0x314F) }
  return pick("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ", 0x1100)
    ?? pick("ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ", 0x11A8)
}

/// How many columns a unit takes: two for the wide scripts of East Asia and for emoji.
func columns(_ unit: String) -> Int {
  guard let first = unit.unicodeScalars.first else { return 0 }
  switch first.value {
  case 0x1100...0x115F, 0x2E80...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
    0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
    return 2
  default: return 1
  }
}

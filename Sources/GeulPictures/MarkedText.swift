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
      let shown = unit.text == "\n" || unit.text == "\r\n" ? "↵\n" : unit.text
      guard let weight = unit.weight else { return "<span>\(escaped(shown))</span>" }
      return
        "<span style=\"--w:\(rounded(weight, 2))\" title=\"\(escaped(unit.note))\">\(escaped(shown))</span>"
    }
    return
      "<p class=\"marked\">\(spans.joined())</p>\n<p class=\"legend\">\(escaped(legend))</p>"
  }

  /// White where nothing stands out, orange where much does.
  private static func ground(_ weight: Double) -> Colour {
    .mix(Colour(238, 238, 238), Colour(240, 110, 10), min(1, max(0, weight)))
  }
}

/// A unit as a terminal shows it: what is invisible gets a sign.
func visible(_ unit: String) -> String {
  switch unit {
  case "\n", "\r\n": "↵"
  case "\t": "→"
  default:
    unit.unicodeScalars.contains { $0.properties.generalCategory == .control } ? "·" : unit
  }
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

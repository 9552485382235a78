/// A picture that exists twice: as lines for a terminal, and as a piece of a page.
public protocol Picture: Sendable {
  /// Lines of text, with colours where the terminal has them.
  func lines(on terminal: Terminal) -> [String]
  /// HTML, in which drawings are inline SVG.
  var html: String { get }
}

/// What a terminal can show.
public struct Terminal: Sendable, Equatable {
  /// How many columns there are.
  public let width: Int
  /// Whether 24-bit colours are shown.
  public let hasColours: Bool

  /// A terminal, or a file or pipe, which has no colours.
  public init(width: Int, hasColours: Bool) {
    self.width = max(20, width)
    self.hasColours = hasColours
  }

  /// Text in a colour, on a colour.
  func paint(_ text: String, _ colour: Colour? = nil, on ground: Colour? = nil) -> String {
    guard hasColours, colour != nil || ground != nil else { return text }
    var codes: [String] = []
    if let colour { codes.append("38;2;\(colour.red);\(colour.green);\(colour.blue)") }
    if let ground { codes.append("48;2;\(ground.red);\(ground.green);\(ground.blue)") }
    return "\u{1B}[\(codes.joined(separator: ";"))m\(text)\u{1B}[0m"
  }
}

/// A colour.
public struct Colour: Sendable, Equatable {
  let red, green, blue: Int

  init(_ red: Int, _ green: Int, _ blue: Int) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  /// As CSS has it.
  var css: String { "rgb(\(red),\(green),\(blue))" }

  /// Between two colours.
  static func mix(_ a: Colour, _ b: Colour, _ share: Double) -> Colour {
    func between(_ a: Int, _ b: Int) -> Int { a + Int((Double(b - a) * share).rounded()) }
    return Colour(between(a.red, b.red), between(a.green, b.green), between(a.blue, b.blue))
  }

  /// Along a scale from 0 to 1: deep blue, grey, orange; told apart by those who see few colours.
  static func along(_ share: Double) -> Colour {
    let (low, middle, high) = (Colour(33, 102, 172), Colour(225, 225, 225), Colour(230, 120, 20))
    let share = min(1, max(0, share))
    return share < 0.5 ? mix(low, middle, share * 2) : mix(middle, high, share * 2 - 1)
  }

  /// Of lines in a chart, told apart by those who see few colours (Okabe and Ito 2008).
  static let series = [
    Colour(0, 114, 178), Colour(230, 120, 20), Colour(0, 158, 115), Colour(204, 121, 167),
    Colour(130, 130, 130),
  ]
}

/// A text as HTML shows it.
public func escaped(_ text: String) -> String {
  text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    .replacing("\"", with: "&quot;")
}

/// A number as short as it is understood.
func short(_ value: Double) -> String {
  guard value.isFinite else { return "\(value)" }
  let size = abs(value)
  if size >= 1e6 || (size > 0 && size < 1e-3) { return scientific(value) }
  let digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
  return rounded(value, digits)
}

/// A number with so many digits after the point, but no zeros at the end.
func rounded(_ value: Double, _ digits: Int) -> String {
  let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
  let whole = (value * scale).rounded() / scale
  return whole == whole.rounded() && abs(whole) < 1e15 ? "\(Int(whole))" : "\(whole)"
}

private func scientific(_ value: Double) -> String {
  var (mantissa, power) = (value, 0)
  while abs(mantissa) >= 10 { (mantissa, power) = (mantissa / 10, power + 1) }
  while abs(mantissa) < 1 { (mantissa, power) = (mantissa * 10, power - 1) }
  return "\(rounded(mantissa, 1))e\(power)"
}

/// An sRGB color with components from 0 to 255.
package struct Color: Sendable, Equatable {
  package let red, green, blue: Int

  /// Creates a color.
  package init(_ red: Int, _ green: Int, _ blue: Int) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  /// The color as a CSS value.
  var css: String { "rgb(\(red),\(green),\(blue))" }

  /// Returns the linear interpolation of two colors at `fraction`, from 0 to 1.
  static func interpolate(_ start: Color, _ end: Color, _ fraction: Double) -> Color {
    func component(_ a: Int, _ b: Int) -> Int { a + Int((Double(b - a) * fraction).rounded()) }
    return Color(
      component(start.red, end.red), component(start.green, end.green),
      component(start.blue, end.blue))
  }

  /// Returns the color at `fraction`, from 0 to 1, of a diverging color map: blue, gray, orange.
  ///
  /// The two ends are distinguishable with a color vision deficiency.
  static func diverging(_ fraction: Double) -> Color {
    let (low, middle, high) = (Color(33, 102, 172), Color(225, 225, 225), Color(230, 120, 20))
    let fraction = min(1, max(0, fraction))
    return fraction < 0.5
      ? interpolate(low, middle, fraction * 2) : interpolate(middle, high, fraction * 2 - 1)
  }

  /// The colors of the series of a chart, distinguishable with a color vision deficiency (Okabe and
  /// Ito 2008).
  static let palette = [
    Color(0, 114, 178), Color(230, 120, 20), Color(0, 158, 115), Color(204, 121, 167),
    Color(130, 130, 130),
  ]
}

package import Geul
import PortableFoundation

/// Formats a number with a fixed count of decimals.
package func number(_ value: Double, _ decimals: Int) -> String {
  formatted(value, "%.\(decimals)f")
}

/// Formats a count with its noun: `1 step`, `2 steps`.
package func quantity(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}

/// Returns the first 60 characters of a text, on one line.
package func shortenedLine(_ text: String) -> String {
  let line = text.replacing("\r\n", with: "↵").replacing("\n", with: "↵")
  return line.count > 60 ? line.prefix(60) + "…" : line
}

/// Formats a number of epochs, with two decimals below one.
package func epochs(_ count: Double) -> String { number(count, count < 1 ? 2 : 1) }

/// Formats a speed in three significant digits: `512`, `29.4k`, `1.25M`.
package func compact(_ value: Double) -> String {
  switch value {
  case ..<999.5: number(value, 0)
  case ..<99_950: number(value / 1e3, 1) + "k"
  case ..<999_500: number(value / 1e3, 0) + "k"
  default: number(value / 1e6, 2) + "M"
  }
}

/// Formats a duration: `50 s`, `5 min`, `2 min 50 s`, `1 h 5 min`.
package func duration(_ seconds: Double) -> String {
  func parts(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
    "\(large) \(largeUnit)" + (small > 0 ? " \(small) \(smallUnit)" : "")
  }
  let whole = wholeSeconds(seconds)
  if whole < 60 { return "\(whole) s" }
  if whole < 3600 { return parts(whole / 60, "min", whole % 60, "s") }
  return parts(whole / 3600, "h", whole % 3600 / 60, "min")
}

/// Formats a duration as hours, minutes and seconds: `0:50`, `1:05:00`.
package func clockTime(_ seconds: Double) -> String {
  let whole = wholeSeconds(seconds)
  func twoDigits(_ count: Int) -> String { count < 10 ? "0\(count)" : "\(count)" }
  let (minutes, seconds) = (whole / 60, twoDigits(whole % 60))
  return whole < 3600
    ? "\(minutes):\(seconds)" : "\(minutes / 60):\(twoDigits(minutes % 60)):\(seconds)"
}

private func wholeSeconds(_ seconds: Double) -> Int {
  Int(min(max(0, seconds), 1e9).rounded())
}

/// Formats a number of tokens with the noun of their unit: `1 character`, `2 bytes`.
package func quantity(_ count: Int, _ unit: TokenUnit) -> String {
  "\(count) \(count == 1 ? unit.noun : unit.pluralNoun)"
}

extension TokenUnit {
  /// The abbreviation in units of measurement such as nats/char.
  package var shortName: String { self == .grapheme ? "char" : rawValue }

  /// The plural of `shortName`, as in chars/s.
  package var pluralShortName: String { plural(shortName) }

  /// The noun for one token, as in `1 character`.
  package var noun: String {
    switch self {
    case .grapheme: "character"
    case .codepoint: "code point"
    case .jamo: "jamo"
    case .byte: "byte"
    }
  }

  /// The noun for several tokens, as in `2 characters`.
  package var pluralNoun: String { plural(noun) }

  private func plural(_ name: String) -> String { self == .jamo ? name : name + "s" }
}

import Geul
import GeulCharts
import GeulCommandSupport

extension Language {
  /// Returns the noun for one token: `character`, `글자`.
  func noun(_ unit: TokenUnit) -> String { self(unit.noun, unit.koreanNoun) }

  /// Returns the noun for several tokens.
  func pluralNoun(_ unit: TokenUnit) -> String { self(unit.pluralNoun, unit.koreanNoun) }

  /// Formats a number of tokens: `2 characters`, `글자 2개`.
  func amount(_ count: Int, of unit: TokenUnit) -> String {
    self(quantity(count, unit), "\(unit.koreanNoun) \(count)개")
  }

  /// Joins a number and a unit of measurement: `1.50 bits/char`, `1.50비트/글자`.
  func measure(_ number: String, _ unit: String) -> String {
    self("\(number) \(unit)", "\(number)\(unit)")
  }

  /// Returns the unit of measurement of a loss in nats per token.
  func nats(per unit: TokenUnit) -> String { nats(per: shortName(unit)) }

  /// Returns the unit of measurement of a loss in nats per token with a name.
  func nats(per token: String) -> String { self("nats/\(token)", "내트/\(token)") }

  /// Returns the unit of measurement of a loss in bits per token.
  func bits(per unit: TokenUnit) -> String { self("bits/", "비트/") + shortName(unit) }

  /// Returns the unit of measurement of a speed in tokens per second.
  func speed(_ unit: TokenUnit) -> String {
    self("\(unit.pluralShortName)/s", "\(unit.koreanNoun)/초")
  }

  /// Returns the abbreviation of a token unit in units of measurement: `char`, `글자`.
  func shortName(_ unit: TokenUnit) -> String { self(unit.shortName, unit.koreanNoun) }
}

extension TokenUnit {
  fileprivate var koreanNoun: String {
    switch self {
    case .grapheme: "글자"
    case .codepoint: "코드 포인트"
    case .jamo: "자모"
    case .byte: "바이트"
    }
  }
}

/// A set of characters (Unicode scalars), such as `\p{Hangul}` or `[a-z]`.
///
/// ```swift
/// let hangul = try CharacterClass(#"\p{Hangul}"#)
/// hangul.contains("한")  // true
/// ```
public struct CharacterClass: Sendable, Hashable {
  /// The ranges of scalar values, ascending; adjacent ranges are one.
  package let ranges: [ClosedRange<UInt32>]

  /// All scalars: all code points but surrogates.
  package static let all = CharacterClass(ranges: [0...0xD7FF, 0xE000...0x10FFFF])

  /// Parses a class.
  ///
  /// - Parameter pattern: A set in the syntax of ICU's UnicodeSet, if it begins with `[`, `\p` or `\P`; in brackets, `\d`,
  ///   `\w` and `\s` are possible, too. Otherwise the characters of the class, where `\n`, `\r`, `\t` and `\\` are escapes.
  /// - Throws: `CharacterClassError` if the pattern is malformed or the class is empty.
  public init(_ pattern: String) throws(CharacterClassError) {
    if pattern.hasPrefix("[") {
      try self.init(set: pattern, in: pattern)
    } else if pattern.hasPrefix("\\p") || pattern.hasPrefix("\\P") {
      try self.init(set: "[\(pattern)]", in: pattern)
    } else {
      self.init(scalars: Self.unescaped(pattern))
    }
    guard !ranges.isEmpty else { throw CharacterClassError(.empty, in: pattern) }
  }

  /// Parses several classes, and returns the characters that are in one of them; nil if there are none.
  ///
  /// - Throws: `CharacterClassError` if a pattern is malformed or its class is empty.
  public static func union(of patterns: [String]) throws(CharacterClassError) -> CharacterClass? {
    guard !patterns.isEmpty else { return nil }
    var ranges: [ClosedRange<UInt32>] = []
    for pattern in patterns { ranges += try CharacterClass(pattern).ranges }
    return CharacterClass(ranges: ranges)
  }

  /// Parses a set in brackets that is a part of `pattern`.
  package init(set: String, in pattern: String) throws(CharacterClassError) {
    guard let (ranges, hasStrings) = ICU.ranges(ofClass: Self.withShorthands(set)) else {
      throw CharacterClassError(.malformed, in: pattern)
    }
    guard !hasStrings else { throw CharacterClassError(.strings, in: pattern) }
    self.init(ranges: ranges)
  }

  /// Creates the class of some scalars.
  package init(scalars: some Sequence<Unicode.Scalar>) {
    self.init(ranges: scalars.map { $0.value...$0.value })
  }

  /// Creates the class of ranges in any order.
  package init(ranges: [ClosedRange<UInt32>]) {
    var merged: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    self.ranges = merged
  }

  /// Returns true if the class has a character.
  public func contains(_ scalar: Unicode.Scalar) -> Bool { contains(scalar.value) }

  package func contains(_ value: UInt32) -> Bool {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].lowerBound <= value
  }

  /// Indicates whether the class has no character.
  package var isEmpty: Bool { ranges.isEmpty }

  /// Returns the characters that are in this class or in the other.
  package func union(_ other: CharacterClass) -> CharacterClass {
    CharacterClass(ranges: ranges + other.ranges)
  }

  /// Returns the characters that are in both classes.
  package func intersection(_ other: CharacterClass) -> CharacterClass {
    var common: [ClosedRange<UInt32>] = []
    var (a, b) = (ranges[...], other.ranges[...])
    while let first = a.first, let second = b.first {
      let start = max(first.lowerBound, second.lowerBound)
      let end = min(first.upperBound, second.upperBound)
      if start <= end { common.append(start...end) }
      if first.upperBound <= second.upperBound { a.removeFirst() } else { b.removeFirst() }
    }
    return CharacterClass(ranges: common)
  }

  /// Returns the characters that are not in the class.
  package var complement: CharacterClass {
    var rest: [ClosedRange<UInt32>] = []
    var start: UInt32 = 0
    for range in ranges {
      if start < range.lowerBound { rest.append(start...range.lowerBound - 1) }
      start = range.upperBound + 1
    }
    if start <= 0x10FFFF { rest.append(start...0x10FFFF) }
    return CharacterClass(ranges: rest).intersection(.all)
  }

  /// Returns the characters of this class that are not in the other.
  package func subtracting(_ other: CharacterClass) -> CharacterClass {
    intersection(other.complement)
  }

  /// The classes that a letter after a backslash stands for, in the syntax of UnicodeSet (UTS #18, Annex C).
  package static let shorthands: [Character: String] = [
    "d": "[\\p{Nd}]", "D": "[^\\p{Nd}]",
    "w": "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200C\\u200D]",
    "W": "[^\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200C\\u200D]",
    "s": "[\\p{White_Space}]", "S": "[^\\p{White_Space}]",
  ]

  /// Replaces `\d`, `\w` and `\s`, which UnicodeSet does not have.
  private static func withShorthands(_ set: String) -> String {
    var result = ""
    var rest = set[...]
    while let character = rest.popFirst() {
      guard character == "\\", let next = rest.popFirst() else {
        result.append(character)
        continue
      }
      result += shorthands[next] ?? "\\\(next)"
    }
    return result
  }

  /// Returns the scalars of a text with the escapes `\n`, `\r`, `\t` and `\\`; any other backslash stands for itself.
  package static func unescaped(_ text: String) -> [Unicode.Scalar] {
    let escapes: [Unicode.Scalar: Unicode.Scalar] = ["n": "\n", "r": "\r", "t": "\t", "\\": "\\"]
    var scalars: [Unicode.Scalar] = []
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      if scalar == "\\", let next = rest.first, let escaped = escapes[next] {
        scalars.append(escaped)
        rest.removeFirst()
      } else {
        scalars.append(scalar)
      }
    }
    return scalars
  }
}

/// An error in the pattern of a `CharacterClass`.
public struct CharacterClassError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A reason for an error.
  public enum Reason: Sendable, Equatable {
    /// The pattern is not one of UnicodeSet, or names an unknown property.
    case malformed
    /// The set has strings of several characters.
    case strings
    /// The class has no characters.
    case empty
  }

  /// The reason for the error.
  public let reason: Reason
  /// The pattern.
  public let pattern: String

  init(_ reason: Reason, in pattern: String) { (self.reason, self.pattern) = (reason, pattern) }

  /// A sentence that states the cause and a remedy.
  public var description: String {
    switch reason {
    case .malformed:
      "\"\(pattern)\" is not a character class. Give a set such as [a-z], a property such as \\p{Hangul},"
        + " or the characters themselves; in brackets, put a backslash before [ ] { } - & ^ $."
    case .strings:
      "\"\(pattern)\" has strings in braces; a character class has single characters. Put a backslash before {."
    case .empty: "\"\(pattern)\" has no characters. Give at least one."
    }
  }
}

internal import GeulText

/// A recursive-descent parser of regular expressions.
///
/// The syntax is that of ICU and PCRE, without what a finite automaton cannot decide; sets in brackets are ICU's UnicodeSets.
struct PatternParser {
  private let scalars: [Unicode.Scalar]
  private var index = 0
  /// The number of groups that are open.
  private var depth = 0
  /// The maximum nesting depth of groups.
  private static let maximumDepth = 100

  init(_ expression: String) { scalars = Array(expression.unicodeScalars) }

  /// Parses the whole expression.
  mutating func parse() throws(PatternError) -> TextPattern.Node {
    let node = try parseAlternatives()
    // Only a closing parenthesis ends the alternatives before the end.
    guard index == scalars.count else {
      throw error(") has no opening parenthesis; write \\) for the character")
    }
    return node
  }

  private func error(_ problem: String, at index: Int? = nil) -> PatternError {
    PatternError(position: (index ?? self.index) + 1, problem: problem)
  }

  private var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    index += 1
    return true
  }

  private mutating func parseAlternatives() throws(PatternError) -> TextPattern.Node {
    var alternatives = [try parseSequence()]
    while take("|") { alternatives.append(try parseSequence()) }
    return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
  }

  private mutating func parseSequence() throws(PatternError) -> TextPattern.Node {
    var parts: [TextPattern.Node] = []
    // The whole text matches, so these anchors change nothing.
    if depth == 0 { _ = take("^") }
    while let scalar = next, scalar != "|", scalar != ")" {
      if scalar == "$", depth == 0, index + 1 == scalars.count || scalars[index + 1] == "|" {
        index += 1
        break
      }
      parts.append(try parseQuantified())
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func parseQuantified() throws(PatternError) -> TextPattern.Node {
    var node = try parseAtom()
    while let scalar = next {
      let start = index
      let (minimum, maximum): (Int, Int?)
      switch scalar {
      case "*": (minimum, maximum) = (0, nil)
      case "+": (minimum, maximum) = (1, nil)
      case "?": (minimum, maximum) = (0, 1)
      case "{": (minimum, maximum) = try parseBraces()
      default: return node
      }
      if scalar != "{" { index += 1 }
      node = .repeated(node, minimum: minimum, maximum: maximum)
      // A lazy quantifier matches the same texts.
      _ = take("?")
      guard next != "+" else {
        throw error("possessive quantifiers such as *+ are not supported; leave out the +")
      }
      if let next, "*+?{".unicodeScalars.contains(next) {
        throw error("a quantifier follows another one; put parentheses around the part", at: start)
      }
    }
    return node
  }

  /// Parses `{m}`, `{m,}`, `{,n}` or `{m,n}`.
  private mutating func parseBraces() throws(PatternError) -> (Int, Int?) {
    let start = index
    index += 1
    let first = parseNumber()
    let hasComma = take(",")
    let second = hasComma ? parseNumber() : first
    guard take("}"), first != nil || second != nil else {
      throw error(
        "{ begins a number of repetitions such as {2,4}; write \\{ for the character", at: start)
    }
    let limit = TextPattern.maximumRepetitions
    guard (first ?? 0) <= limit, (second ?? 0) <= limit else {
      throw error("the number of repetitions is at most \(limit)", at: start)
    }
    guard (first ?? 0) <= second ?? Int.max else {
      throw error("the maximum of {\(first ?? 0),\(second ?? 0)} is below the minimum", at: start)
    }
    return (first ?? 0, second)
  }

  private mutating func parseNumber() -> Int? {
    var number: Int?
    while let digit = next.flatMap({ Int(exactly: $0.value) }), 48...57 ~= digit {
      number = min((number ?? 0) * 10 + digit - 48, 1_000_000)
      index += 1
    }
    return number
  }

  private mutating func parseAtom() throws(PatternError) -> TextPattern.Node {
    let start = index
    guard let scalar = next else { throw error("the pattern ends too early") }
    index += 1
    switch scalar {
    case "(": return try parseGroup(start)
    case "[": return .characters(try parseSet(start))
    case ".": return .characters(TextPattern.anyCharacter)
    case "\\": return try parseEscape(start)
    case "*", "+", "?", "{":
      throw error(
        "\(scalar) has nothing to repeat before it; write \\\(scalar) for the character", at: start)
    case "^", "$":
      throw error(
        "\(scalar) is possible only at the \(scalar == "^" ? "beginning" : "end"), since the whole text matches;"
          + " write \\\(scalar) for the character", at: start)
    default: return .literal(scalar)
    }
  }

  private mutating func parseGroup(_ start: Int) throws(PatternError) -> TextPattern.Node {
    if take("?"), !take(":") {
      throw error(
        "of the groups that begin with (?, only (?:...) is supported: no lookaround, names and flags",
        at: start)
    }
    depth += 1
    guard depth <= Self.maximumDepth else {
      throw error("groups are nested more than \(Self.maximumDepth) deep", at: start)
    }
    let node = try parseAlternatives()
    guard take(")") else { throw error("( has no closing parenthesis", at: start) }
    depth -= 1
    return node
  }

  /// Parses a set in brackets, whose opening bracket was taken.
  private mutating func parseSet(_ start: Int) throws(PatternError) -> CharacterClass {
    var open = 1
    while open > 0 {
      guard let scalar = next else { throw error("[ has no closing bracket", at: start) }
      index += 1
      switch scalar {
      case "\\": index += 1
      case "[": open += 1
      case "]": open -= 1
      default: break
      }
    }
    return try characterClass(start..<index)
  }

  /// Returns the class whose pattern is a part of the expression.
  private func characterClass(_ range: Range<Int>) throws(PatternError) -> CharacterClass {
    let pattern = text(range)
    let set: CharacterClass
    do throws(CharacterClassError) {
      set = try CharacterClass(set: pattern.hasPrefix("[") ? pattern : "[\(pattern)]", in: pattern)
    } catch let problem {
      throw error(String(problem.description.dropLast()), at: range.lowerBound)
    }
    guard !set.isEmpty else {
      throw error("the set \(pattern) has no characters", at: range.lowerBound)
    }
    return set
  }

  private func text(_ range: Range<Int>) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars[range])
    return String(text)
  }

  private mutating func parseEscape(_ start: Int) throws(PatternError) -> TextPattern.Node {
    guard let scalar = next else {
      throw error("\\ is the last character; write \\\\ for a backslash", at: start)
    }
    index += 1
    switch scalar {
    case "n": return .literal("\n")
    case "r": return .literal("\r")
    case "t": return .literal("\t")
    case "f": return .literal("\u{C}")
    case "x": return .literal(try parseHexadecimal(2, start))
    case "u": return .literal(try parseHexadecimal(4, start))
    case "p", "P":
      if take("{") {
        while let next, next != "}" { index += 1 }
        guard take("}") else { throw error("\\\(scalar){ has no closing brace", at: start) }
      } else {
        index = min(index + 1, scalars.count)
      }
      return .characters(try characterClass(start..<index))
    case "R": return .alternatives([.text("\r\n"), .literal("\n"), .literal("\r")])
    case "b", "B", "A", "Z", "z", "G":
      throw error(
        "\\\(scalar) is an anchor, which is not supported: the whole text matches", at: start)
    case "0"..."9", "k": throw error("backreferences are not supported", at: start)
    default: break
    }
    if let set = CharacterClass.shorthands[Character(scalar)] {
      guard let parsed = try? CharacterClass(set: set, in: set) else {
        preconditionFailure("ICU does not know \(set)")
      }
      return .characters(parsed)
    }
    guard !scalar.properties.isAlphabetic else {
      throw error("\\\(scalar) is not a known escape; write \(scalar) for the character", at: start)
    }
    return .literal(scalar)
  }

  /// Parses the digits of `\xHH`, `\uHHHH`, `\x{H...}` or `\u{H...}`.
  private mutating func parseHexadecimal(
    _ count: Int, _ start: Int
  ) throws(PatternError) -> Unicode.Scalar {
    let isBraced = take("{")
    var digits = ""
    while let digit = next, digit.properties.isASCIIHexDigit, isBraced || digits.count < count {
      digits.unicodeScalars.append(digit)
      index += 1
    }
    guard isBraced ? take("}") : digits.count == count,
      let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init)
    else {
      throw error(
        "\\x and \\u need the code of a character: \\xE9, \\uD55C or \\u{1F319}", at: start)
    }
    return scalar
  }
}

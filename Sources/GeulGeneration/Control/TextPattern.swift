internal import GeulText

/// A regular expression that a whole text matches.
///
/// ```swift
/// let name = try TextPattern(#"(김|이|박)[가-힣]{1,2}"#)
/// ```
///
/// `docs/control.md` has the syntax. A pattern is a regular expression in the strict sense: it has no backreferences and no
/// lookaround, so a finite automaton decides it.
public struct TextPattern: Sendable {
  /// A part of a regular expression.
  indirect enum Node: Sendable, Equatable {
    /// One character of a class.
    case characters(CharacterClass)
    /// One given character.
    case literal(Unicode.Scalar)
    /// Parts one after the other; the empty text if there are none.
    case sequence([Node])
    /// One of several parts.
    case alternatives([Node])
    /// A part that is repeated from `minimum` to `maximum` times; nil for no maximum.
    case repeated(Node, minimum: Int, maximum: Int?)

    /// The characters of a text.
    static func text(_ text: String) -> Node { .sequence(text.unicodeScalars.map(Node.literal)) }
  }

  let root: Node

  /// Parses a regular expression.
  ///
  /// - Throws: `PatternError` with the position of what is malformed or not supported.
  public init(_ expression: String) throws(PatternError) {
    var parser = PatternParser(expression)
    root = try parser.parse()
  }

  init(_ root: Node) { self.root = root }

  /// The class of all characters but line breaks: `.`.
  static let anyCharacter = CharacterClass(scalars: "\n\r".unicodeScalars).complement

  /// The greatest number of repetitions in braces.
  static let maximumRepetitions = 1000
}

/// An error in a regular expression.
public struct PatternError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The position of the character at which the problem was found, counted from 1.
  public let position: Int
  /// The problem and a remedy, without a period.
  public let problem: String

  /// A sentence that states the position, the problem and a remedy.
  public var description: String { "character \(position): \(problem)." }
}

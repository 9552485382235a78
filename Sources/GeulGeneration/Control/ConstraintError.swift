/// An error that prevents the creation of a `SequenceConstraint`.
public enum ConstraintError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The automaton of the constraints has too many states.
  case tooComplex
  /// No text of the model's tokens satisfies the constraints.
  case impossible
  /// A grapheme of an acrostic is a space or not in the model's vocabulary.
  case acrostic(String)
  /// A Hangul syllable of an acrostic is not in the vocabulary of a model whose tokens are whole syllables.
  case syllable(String)
  /// An acrostic or an ending of lines is empty, or an ending has a line break.
  case lines(String)
  /// A line is too short for its first character and its ending.
  case lineTooShort(length: Int, minimum: Int)
  /// The corpus of a `CopyLimit` has too many symbols.
  case corpusTooLarge(symbols: Int)

  /// A sentence that states the cause and a remedy.
  public var description: String {
    switch self {
    case .tooComplex:
      "The automaton of the constraints has more than \(TokenAutomaton.maximumStateCount) states."
        + " Use smaller numbers of repetitions, fewer lines or a simpler pattern."
    case .impossible:
      "No text of the model's tokens satisfies the constraints."
        + " Use characters of its training text, and constraints that do not exclude each other."
    case .acrostic(let character):
      "The model cannot begin a line with \"\(character)\": it is a space or not in the vocabulary. Leave it out."
    case .syllable(let syllable):
      "The model cannot begin a line with \"\(syllable)\": it is not in the vocabulary."
        + " Leave it out, or use a model trained with --unit jamo, which composes every syllable."
    case .lines(let problem): problem
    case .lineTooShort(let length, let minimum):
      "A line of \(length) characters is too short: its beginning and its ending need \(minimum). Use a larger --line-length."
    case .corpusTooLarge(let symbols):
      "The corpus of --max-copy has \(symbols) symbols; at most \(Int32.max - 1) are possible. Give a part of it."
    }
  }
}

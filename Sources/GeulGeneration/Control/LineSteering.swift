/// Makes a line reach its ending where the ending suits the model best, instead of at the maximum length.
///
/// A token that brings the line nearer to an ending gets a larger logit; the offset grows with the length of the line. So
/// the ending of a sentence that the model would write is replaced by the ending of the line where that is nearly as likely.
struct LineSteering: Sendable {
  /// The offset of the logit at the maximum length of a line.
  ///
  /// Chosen by reading texts of the Korean model with rare endings: with less, most lines end at their maximum length,
  /// within a word; with more, endings come where they make no sense.
  static let maximumOffset: Float = 12

  /// The number of tokens from each state to the next place where the line may end.
  private let distances: [Int32]
  /// The number of characters that begin in each token.
  private let characterCounts: [Int32]
  private let lineBreak: Int
  private let length: Int
  /// The offset of each token of an ending at the maximum length of a line.
  private let offset: Float

  init(
    _ lines: LineForm, _ automaton: TokenAutomaton, lineBreak: Int, tokens: [[UInt32]],
    form: SymbolForm
  ) {
    let mayBreak = (0..<Int32(automaton.stateCount)).map {
      automaton.isAccepting($0) || automaton.next($0, lineBreak) >= 0
    }
    distances = TokenAutomaton.distances(
      automaton.transitions, classCount: automaton.classCount, mayBreak)
    characterCounts = tokens.map { Int32(form.characterCount(of: $0)) }
    self.lineBreak = lineBreak
    length = lines.length
    let count = lines.endings.map { form.symbols(of: $0.unicodeScalars).count }.min() ?? 1
    offset = Self.maximumOffset / Float(max(1, count))
  }

  /// Returns the number of characters of a line after a token.
  func lineLength(after id: Int, _ length: Int) -> Int {
    id == lineBreak ? 0 : length + Int(characterCounts[id])
  }

  /// Returns the offset of the logits of tokens that lead from a state to another one.
  func offset(from state: Int32, to target: Int32, _ lineLength: Int) -> Float {
    guard distances[Int(target)] < distances[Int(state)] else { return 0 }
    return offset * min(1, Float(lineLength) / Float(length))
  }
}

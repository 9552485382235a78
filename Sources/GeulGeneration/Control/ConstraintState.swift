/// The position of a sequence in its constraint, and the mask of its next token.
struct ConstraintState: Sendable {
  /// What can follow.
  enum Status: Sendable {
    /// A token of the mask.
    case open
    /// Nothing: the text obeys the rules and ends.
    case complete
    /// Nothing within the length: the text obeys the rules and ends, although it could go on.
    case cut
    /// Nothing, although the text should continue.
    case blocked
  }

  private(set) var status = Status.open
  /// True for each token that may be drawn next, `[vocabulary]`, if the status is `open`.
  ///
  /// Where the text may end, tokens outside the pattern stand for the end, so they may be drawn, too.
  private(set) var mask: [Bool]

  private let constraint: SequenceConstraint
  private var state: Int32 = 0
  /// The end of the text, to compare with a corpus.
  private var copies = CopyState()
  /// Indicates whether a token of each class may follow, `[classes]`.
  private var classMask: [Bool]

  /// Creates the state at the beginning of a text of at most `remaining` tokens.
  init(_ constraint: SequenceConstraint, remaining: Int, sampler: borrowing Sampler) {
    self.constraint = constraint
    mask = [Bool](repeating: true, count: sampler.vocabularySize)
    classMask = [Bool](repeating: true, count: constraint.automaton?.classCount ?? 0)
    update(remaining: remaining, sampler: sampler)
  }

  /// Indicates whether the text may end here.
  private var mayEnd: Bool {
    constraint.endsText && constraint.automaton?.isAccepting(state) ?? false
  }

  /// Advances by a token that was drawn with the mask.
  ///
  /// - Parameters:
  ///   - id: The token.
  ///   - remaining: The maximum number of tokens to come, including this one.
  /// - Returns: The token of the text, which is a line break for a space where a line may end; nil if the token ends the
  ///   text.
  mutating func advance(_ id: Int, remaining: Int) -> Int? {
    var id = id
    if let wrap = constraint.wrap, id == wrap.space, mask[wrap.lineBreak],
      mayEnd && constraint.endsAtOtherToken || permits(wrap.lineBreak, remaining)
    {
      id = wrap.lineBreak
    }
    guard permits(id, remaining) else { return nil }
    if let automaton = constraint.automaton { state = automaton.next(state, id) }
    if let limit = constraint.copies { copies.append(id, limit) }
    return id
  }

  private func permits(_ id: Int, _ remaining: Int) -> Bool {
    constraint.automaton?.permits(id, in: state, remaining: remaining) ?? true
  }

  /// Computes the status and the mask for the next token.
  ///
  /// - Parameters:
  ///   - remaining: The maximum number of tokens to come.
  ///   - sampler: The sampler, of which the bans of tokens are considered.
  /// - Complexity: O(v) for a vocabulary of v tokens; with a limit of what is copied, also that of `CopyState.forEachCopy`.
  ///   Allocates nothing.
  mutating func update(remaining: Int, sampler: borrowing Sampler) {
    status = .open
    if let automaton = constraint.automaton {
      var (isEnd, hasContinuation) = (true, false)
      let row = Int(state) * automaton.classCount
      for tokenClass in classMask.indices {
        let target = automaton.transitions[row + tokenClass]
        let isPermitted = target >= 0 && Int(automaton.distances[Int(target)]) < remaining
        classMask[tokenClass] = isPermitted
        isEnd = isEnd && target < 0
        hasContinuation = hasContinuation || isPermitted
      }
      if mayEnd, !hasContinuation || remaining < constraint.endMargin {
        status = isEnd ? .complete : .cut
        return
      }
      let endsAtOtherToken = mayEnd && constraint.endsAtOtherToken
      for id in mask.indices {
        let tokenClass = automaton.tokenClasses[id]
        mask[id] = endsAtOtherToken || tokenClass >= 0 && classMask[Int(tokenClass)]
      }
    }
    if let limit = constraint.copies { maskCopies(limit, remaining) }
    if !sampler.hasCandidate(in: mask) { status = .blocked }
  }

  /// Removes the tokens that would copy too much from the mask, but not those that end the text.
  private mutating func maskCopies(_ limit: CopyConstraint, _ remaining: Int) {
    if constraint.automaton == nil { for id in mask.indices { mask[id] = true } }
    let (constraint, state) = (constraint, state)
    copies.forEachCopy(limit) { id in
      if constraint.automaton?.permits(id, in: state, remaining: remaining) ?? true {
        mask[id] = false
      }
    }
  }
}

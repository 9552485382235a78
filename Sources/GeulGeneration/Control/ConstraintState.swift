/// The position of a sequence in its constraint, and the offsets of the logits for its next token.
struct ConstraintState: Sendable {
  /// The tokens that can follow.
  enum Status: Sendable {
    /// A token whose offset is finite.
    case open
    /// Nothing: the text obeys the rules and ends.
    case complete
    /// Nothing within the length: the text obeys the rules and ends, although it could go on.
    case cut
    /// Nothing, although the text should continue.
    case blocked
  }

  private(set) var status = Status.open
  /// The numbers to add to the logits, `[vocabulary]`, if the status is `open`; minus infinity bans a token.
  ///
  /// Where the text may end, tokens outside the pattern stand for the end, so they may be drawn, too.
  private(set) var offsets: [Float]

  private let constraint: SequenceConstraint
  private var state: Int32 = 0
  /// The end of the text, to compare with a corpus.
  private var copies = CopyState()
  /// The offsets of the classes of tokens, `[classes]`.
  private var classOffsets: [Float]
  /// The number of characters of the line so far; 0 without `constraint.steering`.
  private var lineLength = 0

  /// Creates the state at the beginning of a text of at most `remaining` tokens.
  init(_ constraint: SequenceConstraint, remaining: Int, sampler: borrowing Sampler) {
    self.constraint = constraint
    offsets = [Float](repeating: 0, count: sampler.vocabularySize)
    classOffsets = [Float](repeating: 0, count: constraint.automaton?.classCount ?? 0)
    update(remaining: remaining, sampler: sampler)
  }

  /// Indicates whether the text obeys the rules and may end here.
  var mayEnd: Bool {
    constraint.endsText && constraint.automaton?.isAccepting(state) ?? false
  }

  /// Advances by a token that was drawn with the offsets.
  ///
  /// - Parameters:
  ///   - id: The token.
  ///   - remaining: The maximum number of tokens to come, including this one.
  /// - Returns: The token of the text, which is a line break for a space where a line may end, and the reverse where it must
  ///   go on; nil if the token ends the text.
  mutating func advance(_ id: Int, remaining: Int) -> Int? {
    let id = substitute(for: id, remaining)
    guard permits(id, remaining) else { return nil }
    if let automaton = constraint.automaton { state = automaton.next(state, id) }
    if let steering = constraint.steering {
      lineLength = steering.lineLength(after: id, lineLength)
    }
    if let limit = constraint.copies { copies.append(id, limit) }
    return id
  }

  /// Returns a line break for a space where a line may end, and the reverse where it must go on.
  private func substitute(for id: Int, _ remaining: Int) -> Int {
    guard let wrap = constraint.wrap, id == wrap.space || id == wrap.lineBreak else { return id }
    if mustGoOn(wrap, remaining) { return wrap.space }
    return offsets[wrap.lineBreak] > -.infinity ? wrap.lineBreak : id
  }

  /// Indicates whether a line must not end here, and a space may follow.
  private func mustGoOn(_ wrap: SequenceConstraint.Wrap, _ remaining: Int) -> Bool {
    !(mayEnd && constraint.endsAtOtherToken) && !permits(wrap.lineBreak, remaining)
      && permits(wrap.space, remaining)
  }

  private func permits(_ id: Int, _ remaining: Int) -> Bool {
    constraint.automaton?.permits(id, in: state, remaining: remaining) ?? true
  }

  /// Computes the status and the offsets for the next token.
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
      for tokenClass in classOffsets.indices {
        let target = automaton.transitions[row + tokenClass]
        let isPermitted = target >= 0 && Int(automaton.distances[Int(target)]) < remaining
        classOffsets[tokenClass] = isPermitted ? 0 : -.infinity
        isEnd = isEnd && target < 0
        hasContinuation = hasContinuation || isPermitted
        if isPermitted, let steering = constraint.steering {
          classOffsets[tokenClass] = steering.offset(from: state, to: target, lineLength)
        }
      }
      if mayEnd, !hasContinuation || remaining < constraint.endMargin {
        status = isEnd ? .complete : .cut
        return
      }
      let other: Float = mayEnd && constraint.endsAtOtherToken ? 0 : -.infinity
      for id in offsets.indices {
        let tokenClass = automaton.tokenClasses[id]
        let offset = tokenClass < 0 ? -.infinity : classOffsets[Int(tokenClass)]
        offsets[id] = max(offset, other)
      }
    }
    if let limit = constraint.copies { maskCopies(limit, remaining) }
    // Where the line goes on, the model may want to end it, and other tokens than a space would make no sense.
    if let wrap = constraint.wrap, mustGoOn(wrap, remaining) {
      offsets[wrap.lineBreak] = offsets[wrap.space]
    }
    if !sampler.hasCandidate(in: offsets) { status = .blocked }
  }

  /// Removes the tokens that would copy too much, but not those that end the text.
  private mutating func maskCopies(_ limit: CopyConstraint, _ remaining: Int) {
    if constraint.automaton == nil { for id in offsets.indices { offsets[id] = 0 } }
    let (constraint, state) = (constraint, state)
    copies.forEachCopy(limit) { id in
      if constraint.automaton?.permits(id, in: state, remaining: remaining) ?? true {
        offsets[id] = -.infinity
      }
    }
  }
}

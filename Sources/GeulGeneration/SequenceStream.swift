internal import Synchronization

/// The output of one sequence, or a part of it.
public struct SequenceOutput: Sendable {
  /// The index of the sequence in the requests of its stream.
  public let index: Int
  /// The text, valid UTF-8 on its own.
  public internal(set) var text = ""
  /// The scores of the tokens of the text, if the request asks for them.
  public internal(set) var scores: [TokenScore] = []
  /// The scores of the prompt's tokens, once, if the request asks for them.
  public internal(set) var promptScores: [TokenScore]?
  /// The reason why the sequence ended; nil while it continues.
  public internal(set) var ending: GenerationEngine.Ending?
  /// The number of tokens that were generated so far.
  public internal(set) var generatedTokenCount = 0
  /// The number of tokens of the prompt whose state was cached.
  public internal(set) var cachedTokenCount = 0
  /// The state at the end of the sequence, if the request asks for it.
  public internal(set) var state: SequenceState?

  init(index: Int) { self.index = index }

  mutating func append(_ event: GenerationEngine.Event) {
    text += event.text
    scores += event.scores
    promptScores = event.promptScores ?? promptScores
    ending = event.ending
    generatedTokenCount = event.generatedTokenCount
    cachedTokenCount = event.cachedTokenCount
    state = event.state
  }
}

/// The output of the sequences that were started together, from a `GenerationService` to one task.
///
/// A task that does not take the output fast enough suspends these sequences, and no others.
///
/// ```swift
/// let stream = try service.start([request])
/// while let outputs = await stream.next() { print(outputs[0].text, terminator: "") }
/// ```
public final class SequenceStream: Sendable {
  private struct State {
    var outputs: [SequenceOutput] = []
    var unfinishedCount: Int
    /// The size of the pending texts in bytes, and the limit above which the sequences are suspended.
    var byteCount = 0
    var byteLimit: Int?
    var isSuspended = false
    var isCanceled = false
    /// The task that waits, and whether it waits for the end of all sequences.
    var waiter: (continuation: CheckedContinuation<Void, Never>, forEnd: Bool)?

    /// Indicates whether a task that waits must continue.
    func isReady(forEnd: Bool) -> Bool {
      isCanceled || unfinishedCount == 0 || !forEnd && !outputs.isEmpty
    }
  }

  private let state: Mutex<State>
  private let service: GenerationService

  init(count: Int, byteLimit: Int?, service: GenerationService) {
    state = Mutex(State(unfinishedCount: count, byteLimit: byteLimit))
    self.service = service
  }

  /// Adds the output of a step; called by the service.
  ///
  /// - Returns: True if the sequences of the stream must be suspended.
  func append(_ event: GenerationEngine.Event, index: Int) -> Bool {
    let (mustSuspend, continuation) = state.withLock { state in
      let position: Int
      if let known = state.outputs.firstIndex(where: { $0.index == index }) {
        position = known
      } else {
        position = state.outputs.count
        state.outputs.append(SequenceOutput(index: index))
      }
      state.outputs[position].append(event)
      state.byteCount += event.text.utf8.count
      if event.ending != nil { state.unfinishedCount -= 1 }
      let isOverLimit = state.byteLimit.map { state.byteCount > $0 } ?? false
      let mustSuspend = isOverLimit && !state.isSuspended
      if mustSuspend { state.isSuspended = true }
      return (mustSuspend, Self.takeWaiter(&state))
    }
    continuation?.resume()
    return mustSuspend
  }

  private static func takeWaiter(_ state: inout State) -> CheckedContinuation<Void, Never>? {
    guard let (continuation, forEnd) = state.waiter, state.isReady(forEnd: forEnd) else {
      return nil
    }
    state.waiter = nil
    return continuation
  }

  /// Returns the output that is pending, at most one for each sequence, and waits until there is some.
  ///
  /// One task at a time may wait. If it is canceled, so are the sequences.
  ///
  /// - Returns: The output; nil after the end of all sequences, or if they were canceled.
  public func next() async -> [SequenceOutput]? {
    await wait(forEnd: false)
    let (outputs, mustResume) = state.withLock { state in
      defer { (state.outputs, state.byteCount, state.isSuspended) = ([], 0, false) }
      return (state.isCanceled ? [] : state.outputs, state.isSuspended)
    }
    if mustResume { service.resume(self) }
    return outputs.isEmpty ? nil : outputs
  }

  /// Returns the rest of the output, by sequence, when all sequences have ended; nil if they were canceled.
  ///
  /// The size of the output is not limited.
  public func collect() async -> [SequenceOutput]? {
    let mustResume = state.withLock { state in
      state.byteLimit = nil
      defer { state.isSuspended = false }
      return state.isSuspended
    }
    if mustResume { service.resume(self) }
    await wait(forEnd: true)
    return state.withLock { state in
      state.isCanceled ? nil : state.outputs.sorted { $0.index < $1.index }
    }
  }

  private func wait(forEnd: Bool) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          precondition(state.waiter == nil, "another task waits for this stream")
          guard !state.isReady(forEnd: forEnd) else { return true }
          state.waiter = (continuation, forEnd)
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      cancel()
    }
  }

  /// Ends the sequences; the task that waits gets nil.
  public func cancel() {
    let (mustEvict, continuation) = state.withLock { state in
      let mustEvict = !state.isCanceled && state.unfinishedCount > 0
      state.isCanceled = true
      return (mustEvict, Self.takeWaiter(&state))
    }
    continuation?.resume()
    if mustEvict { service.cancel(self) }
  }
}

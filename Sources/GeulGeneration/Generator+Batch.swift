extension Generator {
  /// A generated text.
  public struct Text: Sendable, Equatable {
    /// The text, without the prompt.
    public let text: String
    /// The reason why it ended.
    public let ending: Ending
    /// The mean log-probability of its tokens, in nats/token, without temperature, penalties and filters; nil if the request
    /// does not ask for log-probabilities, or the text is empty.
    public let meanLogProbability: Double?
  }

  /// Generates a text for each request; up to `capacity` texts at the same time.
  ///
  /// A text depends only on its request, as in `GenerationEngine`. The texts are emitted in the order of the requests.
  ///
  /// ```swift
  /// let requests = prompts.map { SequenceRequest(prompt: $0, length: 100, seed: 1) }
  /// try generator.generate(requests) { index, text in
  ///   print(index, text.text)
  ///   return true
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - requests: The requests.
  ///   - capacity: The maximum number of texts that are generated at the same time.
  ///   - shouldStop: A closure that is called after each step and returns true to interrupt all texts.
  ///   - emit: A closure that receives the index of a request and its text, and returns false to stop.
  /// - Throws: `SamplingError` if an option is out of its range.
  public func generate(
    _ requests: [SequenceRequest], capacity: Int = 256, shouldStop: () -> Bool = { false },
    emit: (_ index: Int, _ text: Text) -> Bool
  ) throws(SamplingError) {
    guard !requests.isEmpty else { return }
    var engine = makeEngine(capacity: min(capacity, requests.count))
    var indices: [GenerationEngine.SequenceID: Int] = [:]
    for (index, request) in requests.enumerated() { indices[try engine.admit(request)] = index }
    var unfinished = requests.map { _ in UnfinishedText() }
    var next = 0
    while !engine.isIdle {
      for event in shouldStop() ? engine.interrupt() : engine.step() {
        guard let index = indices[event.id] else { continue }
        unfinished[index].add(event)
      }
      while next < requests.count, let text = unfinished[next].finished {
        guard emit(next, text) else { return }
        unfinished[next] = UnfinishedText()
        next += 1
      }
    }
  }
}

/// The events of a sequence so far.
private struct UnfinishedText {
  private var text = ""
  private var logProbability = 0.0
  private var count = 0
  private var ending: GenerationEngine.Ending?

  mutating func add(_ event: GenerationEngine.Event) {
    text += event.text
    for score in event.scores {
      logProbability += score.logProbability ?? 0
      count += 1
    }
    ending = event.ending
  }

  /// The text if the sequence has ended.
  var finished: Generator.Text? {
    ending.map {
      Generator.Text(
        text: text, ending: $0,
        meanLogProbability: count > 0 ? logProbability / Double(count) : nil)
    }
  }
}

internal import Dispatch
public import GeulCompute
public import GeulModel
internal import Synchronization

/// A thread that owns a `GenerationEngine` and generates sequences for concurrent tasks.
///
/// ```swift
/// let service = try GenerationService(model, capacity: 64, queueLimit: 256, context: context)
/// let stream = try service.start([SequenceRequest(prompt: ids, length: 200, seed: 1)])
/// print(await stream.collect()?[0].text ?? "")
/// ```
///
/// The thread ends after `stop`, when all sequences have ended.
public final class GenerationService: Sendable {
  /// The state of the service: what it has done, and what it is doing.
  public struct Statistics: Sendable {
    /// The numbers of active, waiting and suspended sequences.
    public internal(set) var (active, waiting, suspended) = (0, 0, 0)
    /// The numbers of steps and of generated tokens.
    public internal(set) var (steps, generatedTokens) = (0, 0)
    /// The numbers of prompt tokens that were read, and of those whose state was cached.
    public internal(set) var (readTokens, cachedTokens) = (0, 0)
    /// The size of the prefix cache in bytes, and the number of its states.
    public internal(set) var (cacheBytes, cachedStates) = (0, 0)
  }

  /// An error that prevents the start of sequences.
  public enum StartError: Error, Sendable, Equatable {
    /// As many sequences are waiting as the service admits.
    case queueFull(limit: Int)
    /// The service was stopped.
    case stopped
    /// An option is out of its range.
    case sampling(SamplingError)
  }

  private enum Command: Sendable {
    case start(SequenceStream, [PreparedSequence])
    case cancel(SequenceStream)
    case resume(SequenceStream)
    case interrupt
  }

  private struct State {
    var commands: [Command] = []
    /// The number of sequences that were started and have not ended.
    var sequenceCount = 0
    var isStopped = false
    /// Indicates whether the thread waits for a command.
    var isWaiting = false
    var statistics = Statistics()
  }

  private let state = Mutex(State())
  private let semaphore = DispatchSemaphore(value: 0)
  private let preparer: SequencePreparer
  private let sequenceLimit: Int
  private let queueLimit: Int

  /// Creates a service and starts its thread.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - precision: The arithmetic of matrix products.
  ///   - capacity: The maximum number of active sequences, at least 1.
  ///   - queueLimit: The maximum number of sequences that wait or are suspended.
  ///   - cacheBytes: The maximum size of the prefix cache in bytes.
  ///   - context: The kernels and threads.
  /// - Throws: `ThreadError` if the system cannot start another thread.
  public init(
    _ model: Model, precision: Precision = .float32, capacity: Int, queueLimit: Int,
    cacheBytes: Int = 1 << 24, context: ComputeContext
  ) throws(ThreadError) {
    preparer = SequencePreparer(model, kernels: context.kernels)
    sequenceLimit = capacity + queueLimit
    self.queueLimit = queueLimit
    try startThread { [self] in
      run(
        GenerationEngine(
          model, precision: precision, capacity: capacity, cacheBytes: cacheBytes, context: context)
      )
    }
  }

  /// Starts sequences, all or none.
  ///
  /// - Parameters:
  ///   - requests: The requests.
  ///   - bufferLimit: The size of pending text in bytes above which the sequences are suspended until it is taken; nil
  ///     for no limit.
  /// - Returns: The stream of the sequences' output.
  /// - Throws: `StartError`.
  public func start(
    _ requests: [SequenceRequest], bufferLimit: Int? = nil
  ) throws(StartError) -> SequenceStream {
    var prepared: [PreparedSequence] = []
    do throws(SamplingError) {
      for request in requests { prepared.append(try preparer.prepare(request)) }
    } catch {
      throw .sampling(error)
    }
    let stream = SequenceStream(count: requests.count, byteLimit: bufferLimit, service: self)
    let error: StartError? = change { state in
      guard !state.isStopped else { return .stopped }
      guard state.sequenceCount + prepared.count <= sequenceLimit else {
        return .queueFull(limit: queueLimit)
      }
      state.sequenceCount += prepared.count
      state.commands.append(.start(stream, prepared))
      return nil
    }
    if let error { throw error }
    return stream
  }

  /// The present statistics.
  public var statistics: Statistics { state.withLock { $0.statistics } }

  /// Ends all sequences with what they have generated; their ending is `interrupted`.
  public func interrupt() { change { $0.commands.append(.interrupt) } }

  /// Refuses further sequences; the thread ends when the present ones have ended.
  public func stop() { change { $0.isStopped = true } }

  func cancel(_ stream: SequenceStream) { change { $0.commands.append(.cancel(stream)) } }
  func resume(_ stream: SequenceStream) { change { $0.commands.append(.resume(stream)) } }

  /// Changes the state, and wakes the thread if it waits.
  private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
    let (result, mustWake) = state.withLock { state in
      let result = body(&state)
      defer { state.isWaiting = false }
      return (result, state.isWaiting)
    }
    if mustWake { semaphore.signal() }
    return result
  }

  /// Runs the engine until the service is stopped and all sequences have ended.
  private func run(_ engine: consuming GenerationEngine) {
    var engine = engine
    var routes = StreamRoutes()
    while let commands = nextCommands(isIdle: engine.isIdle) {
      var endedCount = 0
      var events: [GenerationEngine.Event] = []
      for command in commands {
        switch command {
        case .start(let stream, let sequences):
          for (index, sequence) in sequences.enumerated() {
            routes.add(engine.admit(sequence), to: stream, index: index)
          }
        case .cancel(let stream):
          for id in routes.removeAll(of: stream) {
            engine.cancel(id)
            endedCount += 1
          }
        case .resume(let stream): for id in routes.ids(of: stream) { engine.resume(id) }
        case .interrupt: events += engine.interrupt()
        }
      }
      events += engine.step()
      var cachedCount = 0
      for event in events {
        guard let (stream, index) = routes[event.id] else { continue }
        let mustSuspend = stream.append(event, index: index)
        if event.ending != nil {
          routes.remove(event.id)
          endedCount += 1
          cachedCount += event.cachedTokenCount
        }
        if mustSuspend { for id in routes.ids(of: stream) { engine.suspend(id) } }
      }
      publish(engine, ended: endedCount, cached: cachedCount)
    }
  }

  /// Returns the commands since the last call; waits for some if the engine is idle.
  ///
  /// - Returns: The commands; nil if the service is stopped and all sequences have ended.
  private func nextCommands(isIdle: Bool) -> [Command]? {
    while true {
      let (commands, mustWait) = state.withLock { state -> ([Command]?, Bool) in
        if state.isStopped, state.sequenceCount == 0 { return (nil, false) }
        defer { state.commands = [] }
        state.isWaiting = isIdle && state.commands.isEmpty
        return (state.commands, state.isWaiting)
      }
      guard mustWait else { return commands }
      semaphore.wait()
    }
  }

  private func publish(_ engine: borrowing GenerationEngine, ended: Int, cached: Int) {
    let (active, suspended) = (engine.activeCount, engine.suspendedCount)
    state.withLock { state in
      state.sequenceCount -= ended
      state.statistics.active = active
      state.statistics.suspended = suspended
      state.statistics.waiting = state.sequenceCount - active - suspended
      state.statistics.steps += 1
      state.statistics.generatedTokens = engine.generatedTokenCount
      state.statistics.readTokens = engine.readTokenCount
      state.statistics.cachedTokens += cached
      (state.statistics.cacheBytes, state.statistics.cachedStates) = engine.cacheSize
    }
  }
}

/// The streams of the sequences of an engine.
private struct StreamRoutes {
  private var streams: [GenerationEngine.SequenceID: (stream: SequenceStream, index: Int)] = [:]
  private var sequences: [ObjectIdentifier: [GenerationEngine.SequenceID]] = [:]

  subscript(id: GenerationEngine.SequenceID) -> (stream: SequenceStream, index: Int)? {
    streams[id]
  }

  mutating func add(_ id: GenerationEngine.SequenceID, to stream: SequenceStream, index: Int) {
    streams[id] = (stream, index)
    sequences[ObjectIdentifier(stream), default: []].append(id)
  }

  /// Returns the sequences of a stream that have not ended.
  func ids(of stream: SequenceStream) -> [GenerationEngine.SequenceID] {
    sequences[ObjectIdentifier(stream)] ?? []
  }

  mutating func remove(_ id: GenerationEngine.SequenceID) {
    guard let (stream, _) = streams.removeValue(forKey: id) else { return }
    let key = ObjectIdentifier(stream)
    sequences[key]?.removeAll { $0 == id }
    if sequences[key]?.isEmpty == true { sequences[key] = nil }
  }

  mutating func removeAll(of stream: SequenceStream) -> [GenerationEngine.SequenceID] {
    let ids = ids(of: stream)
    for id in ids { remove(id) }
    return ids
  }
}

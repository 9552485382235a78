public import GeulCompute
public import GeulModel
internal import GeulText

/// Generates text from a prompt, one sequence or many at once.
///
/// Text number i depends on the model, the options, the prompt, the seed and i: not on how many texts are generated beside
/// it, and not on threads.
///
/// ```swift
/// let generator = try Generator(model)
/// print(try generator.text(after: "Anna", length: 200, temperature: 0.7, seed: 1))
/// ```
public struct Generator: Sendable {
  private let model: Model
  private let weights: PackedNetwork
  private let context: ComputeContext

  /// Creates a generator of a model's text.
  public init(_ model: Model, precision: Precision = .float32, context: ComputeContext) {
    self.model = model
    self.context = context
    weights = PackedNetwork(
      model.network, parameters: model.parameters, precision: precision, backward: false,
      context: context)
  }

  /// A request for one or more texts.
  public struct Request: Sendable {
    /// The tokens to continue; none to start as after a line break.
    public var prompt: [Int]
    /// The most tokens of a text; a character that they end within is left out.
    public var length: Int
    /// The sampling options.
    public var sampling: SamplingOptions
    /// The random seed.
    public var seed: UInt64
    /// The number of texts.
    public var samples: Int
    /// A text ends before any of these.
    public var stops: [String]

    /// Creates a request.
    public init(
      prompt: [Int], length: Int = 500, sampling: SamplingOptions = SamplingOptions(),
      seed: UInt64 = 0, samples: Int = 1, stops: [String] = []
    ) {
      self.prompt = prompt
      self.length = length
      self.sampling = sampling
      self.seed = seed
      self.samples = samples
      self.stops = stops
    }
  }

  /// The reason why a text ended.
  public typealias Ending = GenerationEngine.Ending

  /// Generates the texts of `request`.
  ///
  /// - Parameters:
  ///   - request: the request.
  ///   - emit: takes the number of a text and its next piece, valid on its own, and returns false to stop. The first piece
  ///     begins with what a `StreamDecoder` holds back at the prompt's end.
  /// - Returns: The reason why each text ended.
  /// - Throws: `SamplingError` if an option is out of its range.
  @discardableResult
  public func write(
    _ request: Request, emit: (_ sample: Int, _ text: String) -> Bool
  ) throws(SamplingError) -> [Ending] {
    var endings = [Ending](repeating: .length, count: request.samples)
    guard request.samples > 0 else { return endings }
    var engine = GenerationEngine(
      model, weights: weights, capacity: request.samples, context: context)
    var samples: [GenerationEngine.SequenceID: Int] = [:]
    for sample in 0..<request.samples {
      let sequence = SequenceRequest(
        prompt: request.prompt, length: request.length, sampling: request.sampling,
        seed: request.seed, sampleIndex: sample, stops: request.stops)
      samples[try engine.admit(sequence)] = sample
    }
    while !engine.isIdle {
      for event in engine.step() {
        guard let sample = samples[event.id] else { continue }
        if let ending = event.ending { endings[sample] = ending }
        if !event.text.isEmpty, !emit(sample, event.text) { return endings }
      }
    }
    return endings
  }

  /// Generates the texts of `request`, each whole, with the reason why it ended.
  ///
  /// - Throws: `SamplingError` if an option is out of its range.
  public func texts(
    _ request: Request
  ) throws(SamplingError) -> [(text: String, ending: Ending)] {
    var texts = Array(repeating: "", count: request.samples)
    let endings = try write(request) { sample, piece in
      texts[sample] += piece
      return true
    }
    return Array(zip(texts, endings))
  }
}

/// A request for one sequence of a `GenerationEngine`.
public struct SequenceRequest: Sendable {
  /// The tokens to continue; none to start as after a line break.
  public var prompt: [Int]
  /// The most tokens.
  public var length: Int
  /// The sampling options.
  public var sampling: SamplingOptions
  /// The random seed.
  public var seed: UInt64
  /// The number of the sequence among those of one seed.
  public var sampleIndex: Int
  /// The text ends before any of these.
  public var stops: [String]

  /// Creates a request.
  public init(
    prompt: [Int], length: Int = 500, sampling: SamplingOptions = SamplingOptions(),
    seed: UInt64 = 0, sampleIndex: Int = 0, stops: [String] = []
  ) {
    self.prompt = prompt
    self.length = length
    self.sampling = sampling
    self.seed = seed
    self.sampleIndex = sampleIndex
    self.stops = stops
  }
}

extension Generator {
  /// Creates a generator for this machine: its fastest instruction set and all processors.
  ///
  /// - Throws: `InstructionSetError` if `GEUL_ISA` names an instruction set that is not available.
  public init(
    _ model: Model, precision: Precision = .float32
  ) throws(InstructionSetError) {
    self.init(model, precision: precision, context: try ComputeContext())
  }

  /// Returns the text that continues a prompt, without the prompt.
  ///
  /// Characters of the prompt that the model does not know are replaced by the nearest form that it knows, or skipped.
  ///
  /// - Throws: `SamplingError` if an option is out of its range.
  public func text(
    after prompt: String, length: Int = 500, temperature: Double = 0.8, seed: UInt64 = 0
  ) throws(SamplingError) -> String {
    try texts(request(prompt, length, temperature, seed))[0].text
  }

  /// Returns the pieces of the text that continues a prompt, as they are generated.
  public func stream(
    after prompt: String, length: Int = 500, temperature: Double = 0.8, seed: UInt64 = 0
  ) -> AsyncThrowingStream<String, any Error> {
    AsyncThrowingStream { continuation in
      let task = Task.detached {
        do {
          try write(request(prompt, length, temperature, seed)) { _, piece in
            continuation.yield(piece)
            return !Task.isCancelled
          }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  private func request(
    _ prompt: String, _ length: Int, _ temperature: Double, _ seed: UInt64
  ) -> Request {
    let metadata = model.metadata
    let encoding = metadata.tokenizer.encodePrompt(prompt, vocabulary: metadata.vocabulary)
    return Request(
      prompt: encoding.ids, length: length, sampling: SamplingOptions(temperature: temperature),
      seed: seed)
  }
}

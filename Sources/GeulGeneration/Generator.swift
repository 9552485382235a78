public import GeulCompute
public import GeulModel
internal import GeulText

/// A text generator: continues a prompt with one text or with several that are generated concurrently.
///
/// Text i depends only on the model, the options, the prompt, the seed and i, not on the number of concurrent texts or
/// of threads (in float32 and int8).
///
/// ```swift
/// let generator = try Generator(model)
/// print(try generator.text(after: "Anna", length: 200, temperature: 0.7, seed: 1))
/// ```
public struct Generator: Sendable {
  private let model: Model
  private let weights: PackedNetwork
  private let context: ComputeContext

  /// Creates a generator.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - precision: The arithmetic of matrix products.
  ///   - context: The kernels and threads.
  public init(_ model: Model, precision: Precision = .float32, context: ComputeContext) {
    self.model = model
    self.context = context
    weights = PackedNetwork(
      model.network, parameters: model.parameters, precision: precision, backward: false,
      context: context)
  }

  /// Everything of the model except its parameters.
  var metadata: Model.Metadata { model.metadata }

  /// Creates an engine with the generator's weights.
  func makeEngine(capacity: Int) -> GenerationEngine {
    GenerationEngine(model, weights: weights, capacity: capacity, context: context)
  }

  /// A request for one or more texts.
  public struct Request: Sendable {
    /// The ids of the tokens to continue; if empty, the text starts as after a line break.
    public var prompt: [Int]
    /// The maximum number of tokens of a text; an incomplete character at the end is dropped.
    public var length: Int
    /// The sampling options.
    public var sampling: SamplingOptions
    /// The random seed.
    public var seed: UInt64
    /// The number of texts.
    public var samples: Int
    /// The stop strings: a text ends before the first occurrence of one of them.
    ///
    /// They are brought into the model's form: its normal form, and its line endings.
    public var stops: [String]
    /// The rules that the texts obey; nil for none.
    public var constraint: SequenceConstraint?
    /// The id of the token of a label; see `SequenceRequest.label`.
    public var label: Int?

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
  ///   - request: The request.
  ///   - shouldStop: A closure that is called after each step and returns true to interrupt all texts. What is generated
  ///     of them is emitted first.
  ///   - emit: A closure that receives the index of a text and its next piece, valid UTF-8 on its own, and returns
  ///     false to stop. The first piece begins with the characters that a `StreamDecoder` holds back at the end of the
  ///     prompt.
  /// - Returns: The reason why each text ended.
  /// - Throws: `SamplingError` if an option is out of its range.
  @discardableResult
  public func write(
    _ request: Request, shouldStop: () -> Bool = { false },
    emit: (_ sample: Int, _ text: String) -> Bool
  ) throws(SamplingError) -> [Ending] {
    var endings = [Ending](repeating: .length, count: request.samples)
    guard request.samples > 0 else { return endings }
    var engine = makeEngine(capacity: request.samples)
    var samples: [GenerationEngine.SequenceID: Int] = [:]
    for sample in 0..<request.samples {
      var sequence = SequenceRequest(
        prompt: request.prompt, length: request.length, sampling: request.sampling,
        seed: request.seed, sampleIndex: sample, stops: request.stops)
      sequence.constraint = request.constraint
      sequence.label = request.label
      samples[try engine.admit(sequence)] = sample
    }
    while !engine.isIdle {
      for event in shouldStop() ? engine.interrupt() : engine.step() {
        guard let sample = samples[event.id] else { continue }
        if let ending = event.ending { endings[sample] = ending }
        if !event.text.isEmpty, !emit(sample, event.text) { return endings }
      }
    }
    return endings
  }

  /// Generates the texts of `request`.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - shouldStop: A closure that is called after each step and returns true to interrupt all texts.
  /// - Returns: Each text with the reason why it ended.
  /// - Throws: `SamplingError` if an option is out of its range.
  public func texts(
    _ request: Request, shouldStop: () -> Bool = { false }
  ) throws(SamplingError) -> [(text: String, ending: Ending)] {
    var texts = Array(repeating: "", count: request.samples)
    let endings = try write(request, shouldStop: shouldStop) { sample, piece in
      texts[sample] += piece
      return true
    }
    return Array(zip(texts, endings))
  }
}

extension Generator {
  /// Creates a generator for this machine: its fastest instruction set and the available processors.
  ///
  /// - Throws: `InstructionSetError` if `GEUL_ISA` names an instruction set that is not available.
  public init(
    _ model: Model, precision: Precision = .float32
  ) throws(InstructionSetError) {
    self.init(model, precision: precision, context: try ComputeContext())
  }

  /// Returns the text that continues a prompt, without the prompt.
  ///
  /// Tokens of the prompt that are not in the vocabulary are replaced by the closest form that is, or skipped.
  ///
  /// - Throws: `SamplingError` if an option is out of its range.
  public func text(
    after prompt: String, length: Int = 500, temperature: Double = 0.8, seed: UInt64 = 0
  ) throws(SamplingError) -> String {
    try texts(request(prompt, length, temperature, seed))[0].text
  }

  /// Returns the pieces of the text that continues a prompt, as they are generated.
  ///
  /// The stream throws `SamplingError` if an option is out of its range.
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

public import GeulCompute
public import GeulModel
internal import GeulText

/// Writes on from a prompt: one unit after the other, one text or many at once.
///
/// Text number i depends on the model, the options, the prompt, the seed and i: not on how many texts are written
/// beside it, and not on threads.
public struct Generator: Sendable {
  private let model: Model
  private let weights: PackedNetwork
  private let kernels: Kernels
  private let pool: ThreadPool

  /// A generator of a model's text, with factors of products as wide as `precision` says.
  public init(_ model: Model, precision: Precision = .float32, kernels: Kernels, pool: ThreadPool) {
    self.model = model
    self.kernels = kernels
    self.pool = pool
    weights = PackedNetwork(
      model.network, parameters: model.parameters, precision: precision, backward: false,
      kernels: kernels, pool: pool)
  }

  /// What to write.
  public struct Request: Sendable {
    /// The units to write on from; none to begin as after a line's end.
    public var prompt: [Int]
    /// How many units to write at most; a character that they end within is left out.
    public var length: Int
    /// How to choose them.
    public var sampling: SamplingOptions
    /// What chance comes from.
    public var seed: UInt64
    /// How many texts to write.
    public var samples: Int
    /// A text ends before any of these.
    public var stops: [String]

    /// A request.
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

  /// Why a text ended.
  public enum Ending: String, Codable, Sendable {
    /// It has as many units as were asked for.
    case length
    /// A stop string came.
    case stop
  }

  /// Writes the texts that `request` asks for.
  ///
  /// - Parameters:
  ///   - request: what to write.
  ///   - emit: called with the number of a text and the next piece of it, valid on its own; returns whether to go on.
  ///     The first piece begins with what a `StreamDecoder` holds back at the prompt's end.
  /// - Returns: why each text ended.
  /// - Throws: `SamplingError` if an option is out of its range.
  @discardableResult
  public func write(
    _ request: Request, emit: (_ sample: Int, _ text: String) -> Bool
  ) throws(SamplingError) -> [Ending] {
    let banned = Set(model.metadata.vocabulary.unknownID.map { [$0] } ?? [])
    let sampler = try Sampler(
      request.sampling, vocabulary: model.network.vocabulary, banned: banned, kernels: kernels)
    var portions = streams(request, sampler)
    let (weights, kernels) = (weights, kernels)
    // Several portions have a lane each; one alone may use them all.
    let inner = portions.count > 1 ? ThreadPool(1) : pool
    for place in 0..<request.length {
      pool.forEach(&portions) { portion in portion.step(place, weights, kernels, inner) }
      guard portions.emitPieces(emit) else { return portions.endings }
      if portions.allSatisfy({ $0.texts.allSatisfy(\.isOver) }) { break }
    }
    for index in portions.indices { portions[index].finish() }
    _ = portions.emitPieces(emit)
    return portions.endings
  }

  /// The texts that `request` asks for, each whole, and why each ended.
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

  /// The texts before their first unit: all in the state that reading the prompt leaves.
  private func streams(_ request: Request, _ sampler: Sampler) -> [GenerationBatch] {
    let prompt = request.prompt.isEmpty ? [model.metadata.vocabulary.lineEnd] : request.prompt
    let read = state(after: prompt.dropLast())
    // A few texts go together, and the lanes share each layer: its weights are read once for all. Many go in parts, each on
    // one lane; if these are large enough in more than there are lanes, so that a slow one does not hold up the rest.
    let (few, many) = (12, 24 * pool.count)
    let parts = min(
      request.samples,
      request.samples <= few ? 1 : request.samples < many ? pool.count : 2 * pool.count)
    return (0..<parts).map { part in
      let numbers = request.samples * part / parts..<request.samples * (part + 1) / parts
      var portion = BatchShard(
        model.network, firstRow: numbers.lowerBound, rows: numbers.count, length: 1,
        precision: weights.precision, dropout: false, backward: false)
      for (layer, state) in read.enumerated() {
        portion.traces[layer].setState(
          hidden: Array(repeating: state.hidden, count: numbers.count).flatMap(\.self),
          cells: Array(repeating: state.cells, count: numbers.count).flatMap(\.self))
      }
      let texts = numbers.map { number in
        GenerationBatch.Text(
          number: number, last: prompt[prompt.count - 1], request: request,
          decoder: StreamDecoder(
            tokenizer: model.metadata.tokenizer, vocabulary: model.metadata.vocabulary))
      }
      return GenerationBatch(portion: portion, texts: texts, sampler: sampler)
    }
  }

  /// The state of each layer after reading `prompt` from a zero state.
  private func state(after prompt: ArraySlice<Int>) -> [(hidden: [Float], cells: [Float])] {
    let length = 64
    var portion = BatchShard(
      model.network, firstRow: 0, rows: 1, length: length, precision: weights.precision,
      dropout: false, backward: false)
    var rest = prompt
    while !rest.isEmpty {
      let block = rest.prefix(length)
      portion.fill(row: 0, block.map(Int32.init) + [-1])
      portion.forward(weights, kernels, steps: block.count)
      portion.carryState(after: block.count)
      rest = rest.dropFirst(length)
    }
    return portion.traces.map(\.state)
  }
}

/// Some of the texts, which one lane writes side by side.
struct GenerationBatch: Sendable {
  var portion: BatchShard
  var texts: [Text]
  private var samplers: [Sampler]
  private var scores: [[Float]]

  init(portion: BatchShard, texts: [Text], sampler: Sampler) {
    self.portion = portion
    self.texts = texts
    samplers = Array(repeating: sampler, count: texts.count)
    scores = Array(repeating: [], count: texts.count)
  }

  /// One text on its way.
  struct Text: Sendable {
    let number: Int
    var last: Int
    /// What the last step added that can be shown.
    var piece = ""
    var ending: Generator.Ending?
    /// Whether it will have units beyond the prompt's, of which nothing is left out.
    private let goesOn: Bool
    private var window: PenaltyWindow
    private let draws: RandomDraws
    private var decoder: StreamDecoder
    private var stops: StopStrings

    init(number: Int, last: Int, request: Generator.Request, decoder: StreamDecoder) {
      self.number = number
      self.last = last
      self.decoder = decoder
      goesOn = request.length > 0
      window = PenaltyWindow(capacity: request.sampling.repeatLastN)
      for id in request.prompt {
        window.append(id)
        // A syllable that the prompt leaves open may be closed by what follows.
        _ = self.decoder.append(id)
      }
      draws = RandomDraws(seed: request.seed, sample: UInt64(number))
      stops = StopStrings(request.stops)
    }

    var isOver: Bool { ending != nil }

    /// Chooses the unit at `place` and shows what it completes.
    mutating func choose(_ scores: [Float], _ sampler: inout Sampler, _ place: Int) {
      last = sampler.draw(scores.span, after: window, at: draws[UInt64(place)])
      window.append(last)
      show(decoder.append(last))
    }

    mutating func finish() {
      piece = ""
      guard !isOver else { return }
      show(goesOn ? decoder.finishTruncated() : decoder.finish())
      piece += stops.rest()
      ending = ending ?? .length
    }

    private mutating func show(_ text: String) {
      let (shown, stopped) = stops.append(text)
      piece = shown
      if stopped { ending = .stop }
    }
  }

  mutating func step(
    _ place: Int, _ weights: PackedNetwork, _ kernels: Kernels, _ pool: ThreadPool
  ) {
    for row in texts.indices { portion.tokens[row] = Int32(texts[row].last) }
    portion.step(weights, kernels, pool: pool, scores: &scores)
    for row in texts.indices {
      texts[row].piece = ""
      if !texts[row].isOver { texts[row].choose(scores[row], &samplers[row], place) }
    }
  }

  mutating func finish() {
    for row in texts.indices { texts[row].finish() }
  }
}

extension [GenerationBatch] {
  /// Shows what the last step added; returns whether to go on.
  ///
  /// By index: to go through the values would copy each.
  func emitPieces(_ emit: (_ sample: Int, _ text: String) -> Bool) -> Bool {
    for part in indices {
      for row in self[part].texts.indices where !self[part].texts[row].piece.isEmpty {
        guard emit(self[part].texts[row].number, self[part].texts[row].piece) else { return false }
      }
    }
    return true
  }

  var endings: [Generator.Ending] { flatMap { $0.texts.map { $0.ending ?? .length } } }
}

extension Vocabulary {
  /// The unit after which a text begins afresh: a line's end, or else the most frequent unit.
  var lineEnd: Int { id(of: "\n") ?? id(of: "\r\n") ?? (unknownID == 0 ? 1 : 0) }
}

public import GeulCompute
public import GeulModel
public import GeulText

/// Trains a network: one call of `step` reads a window of the batch and moves the parameters once.
///
/// The result of a step depends on the state, the settings and the text alone: not on threads, and in float32
/// not on the instruction set.
public struct Trainer: Sendable {
  /// What the user chose.
  public let settings: TrainingConfiguration
  /// What computes.
  public let kernels: Kernels
  /// The parameters.
  public private(set) var weights: PackedNetwork
  /// Their mean over the last steps (Polyak and Juditsky 1992): what is validated and kept.
  ///
  /// It is where the steps, which go to and fro, lead to.
  public private(set) var average: ParameterStorage
  /// Where in the text training stands.
  public private(set) var windows: SequenceBatcher
  /// How many steps have been made.
  public private(set) var step = 0
  /// What the schedule's rate is multiplied by: halved when the loss explodes.
  public var rateScale: Float = 1
  /// What is done to the gradients, after a step's own number, before the step is taken.
  package typealias Fault = @Sendable (Int, inout ParameterStorage) -> Void
  /// For tests: see `Fault`.
  package var fault: Fault?
  /// Where the time of all steps so far went.
  public private(set) var phases = StepTimings()

  private let pool: ThreadPool
  private var first: ParameterStorage
  private var second: ParameterStorage
  private var gradients: ParameterStorage
  private var portions: [BatchShard]
  /// For each lane, room to go back through any portion.
  private var rooms: [BackwardWorkspace]
  /// For each lane, room to make weights' gradients in.
  private var gradientWorks: [GradientWorkspace]
  /// For Muon: room for each of the network's matrices.
  private var works: [Orthogonalizer]
  /// The tensors that AdamW moves: all, or those that are no matrices.
  private let adamSlots: [ParameterSlot]

  /// What one step did.
  public struct StepMetrics: Sendable {
    /// Mean cross-entropy of the window, in nats a unit, before the step.
    public let nats: Double
    /// The gradient's global norm before clipping.
    public let gradientNorm: Double
    /// The learning rate that was used.
    public let learningRate: Float
    /// Whether loss and gradient are finite; if not, the parameters were left as they were.
    public var isSound: Bool { nats.isFinite && gradientNorm.isFinite }
  }

  /// A fresh network for a text of which the first `units` are for training.
  ///
  /// Batch and length of the settings must fit the text; see `Windows.fit`.
  public init(
    _ settings: TrainingConfiguration, vocabulary: Int, units: Int, kernels: Kernels,
    pool: ThreadPool
  ) {
    var random = SplitMix64(seed: settings.seed)
    let network = Network(settings.architecture, vocabulary: vocabulary)
    let parameters = network.initialParameters(&random)
    let windows = SequenceBatcher(
      units: units, batch: settings.batch, length: settings.length, seed: random.next())
    self.init(
      settings, state: TrainerState(parameters: parameters, windows: windows, settings: settings),
      vocabulary: vocabulary, kernels: kernels, pool: pool)
  }

  /// Goes on from `state`.
  public init(
    _ settings: TrainingConfiguration, state: TrainerState, vocabulary: Int, kernels: Kernels,
    pool: ThreadPool
  ) {
    let network = Network(settings.architecture, vocabulary: vocabulary)
    self.settings = settings
    self.kernels = kernels
    self.pool = pool
    weights = PackedNetwork(
      network, parameters: state.parameters, precision: settings.precision, backward: true,
      kernels: kernels, pool: pool)
    (first, second, gradients) = (state.first, state.second, ParameterStorage(network.layout))
    average = state.average
    windows = state.windows
    let matrices = settings.optimizer == .muon ? network.matrices : []
    works = matrices.map(Orthogonalizer.init)
    adamSlots = network.layout.slots.filter { !matrices.contains($0) }
    portions = BatchShard.cut(batch: settings.batch, pool: pool.count).map { rows in
      BatchShard(
        network, firstRow: rows.lowerBound, rows: rows.count, length: settings.length,
        precision: settings.precision, dropout: settings.dropout > 0, backward: true)
    }
    let largest = portions.max { $0.rows < $1.rows } ?? portions[0]
    rooms = (0..<min(pool.count, portions.count)).map { _ in largest.backwardWorkspace }
    gradientWorks = (0..<pool.count).map { _ in GradientWorkspace() }
    restore(state)
  }

  /// Reads the next window of a text and moves the parameters.
  ///
  /// - Parameters:
  ///   - corpus: the text.
  ///   - total: how many steps the run will have; nil while that is not known.
  /// - Returns: what the step did; if its loss is not finite, nothing.
  public mutating func step(_ corpus: Corpus, of total: Int?) -> StepMetrics {
    var watch = Stopwatch()
    propagate(corpus)
    // Portions go both ways side by side: the time is shared out as theirs was.
    let both = watch.lap()
    let forward = portions.reduce(0) { $0 + $1.seconds.forward }
    let share = forward / portions.reduce(forward) { $0 + $1.seconds.backward }
    phases.forward += both * share
    phases.backward += both * (1 - share)
    gradients.values.clear()
    weights.network.addGradients(
      of: portions, to: &gradients, works: &gradientWorks, kernels: kernels, pool: pool)
    fault?(step, &gradients)
    phases.weightGradients += watch.lap()
    var nats = 0.0
    for index in portions.indices {
      portions[index].shares = []  // or what they refer to would be copied when it is changed
      portions[index].carryState()
      nats = portions[index].rowLosses.reduce(nats, +)
    }
    let norm = kernels.norm(gradients, pool: pool)
    let outcome = StepMetrics(
      nats: nats / Double(settings.batch * settings.length), gradientNorm: norm,
      learningRate: settings.schedule.rate(step: step, of: total) * rateScale)
    if outcome.isSound { apply(outcome, &watch) }
    return outcome
  }

  /// Takes all portions through their next windows of a text, forward and back.
  ///
  /// A function of its own, because the lanes' copy of the weights must be gone before these are changed, or changing
  /// them would copy them all.
  private mutating func propagate(_ corpus: Corpus) {
    let masks =
      settings.dropout > 0 ? BatchShard.DropoutMasks(rate: settings.dropout, key: maskKey) : nil
    let scale = 1 / Float(settings.batch * settings.length)
    let (weights, kernels, windows) = (weights, kernels, windows)
    pool.forEach(&portions, with: &rooms) { portion, room in
      var watch = Stopwatch()
      portion.read(windows, of: corpus)
      portion.forward(weights, kernels, scale: scale, masks: masks)
      portion.seconds.forward = watch.lap()
      portion.backward(weights, kernels, work: &room, masks: masks)
      portion.seconds.backward = watch.lap()
    }
  }

  private mutating func apply(_ outcome: StepMetrics, _ watch: inout Stopwatch) {
    step += 1
    windows.advance()
    let clip = Float(min(1, Double(settings.gradientClip) / (outcome.gradientNorm + 1e-6)))
    let adam = AdamW(
      learningRate: outcome.learningRate, beta2: settings.beta2, weightDecay: settings.weightDecay)
    let muon = Muon(
      learningRate: outcome.learningRate * settings.matrixRate, momentum: settings.momentum,
      weightDecay: settings.weightDecay)
    let (kernels, pool, step) = (kernels, pool, step)
    weights.update(kernels, pool) { parameters in
      kernels.muon(
        muon, scale: clip, works: &works, parameters: &parameters, gradients: &gradients,
        first: &first, pool: pool)
      kernels.adam(
        adam, slots: adamSlots, step: step, scale: clip, parameters: &parameters,
        gradients: gradients,
        first: &first, second: &second, pool: pool)
      // Early steps count little: the mean is over a tenth of all steps at most.
      let keep = min(settings.averaging, Float(step) / Float(step + 9))
      kernels.blend(&average, with: parameters, keep: keep, take: 1 - keep, pool: pool)
      phases.optimizer += watch.lap()
    }
    phases.packing += watch.lap()
  }

  /// Differs for each step of each seed.
  private var maskKey: UInt64 {
    var random = SplitMix64(seed: settings.seed ^ 0x6765_756C_0000_0000 &+ UInt64(step))
    return random.next()
  }
}

extension BatchShard {
  /// Fills its sequences with the next window of a text.
  fileprivate mutating func read(_ windows: SequenceBatcher, of corpus: Corpus) {
    if windows.isAtStart { clearState() }
    var ids = [Int32](repeating: 0, count: windows.length + 1)
    for row in 0..<rows {
      corpus.copyIDs(from: windows.start(row: firstRow + row), into: &ids)
      fill(row: row, ids)
    }
  }
}

/// Everything that a run is, beside its settings and its text: what a checkpoint holds.
public struct TrainerState: Sendable, Equatable {
  /// The network's parameters.
  public var parameters: ParameterStorage
  /// The mean of the parameters over the last steps.
  public var average: ParameterStorage
  /// Adam's running mean of the gradient; Muon's for matrices.
  public var first: ParameterStorage
  /// Adam's running mean of its square.
  public var second: ParameterStorage
  /// How many steps have been made.
  public var step = 0
  /// What the schedule's rate is multiplied by.
  public var rateScale: Float = 1
  /// Where in the text training stands.
  public var windows: SequenceBatcher
  /// `[l, b, h]`: the hidden states that the next window begins with.
  public var hidden: [Float]
  /// `[l, b, h]`: the cells that the next window begins with; empty for the vanilla cell.
  public var cells: [Float]

  /// The state before the first step.
  public init(
    parameters: ParameterStorage, windows: SequenceBatcher, settings: TrainingConfiguration
  ) {
    self.parameters = parameters
    average = parameters
    first = ParameterStorage(parameters.layout)
    second = ParameterStorage(parameters.layout)
    self.windows = windows
    let shape = settings.architecture
    let count = shape.layers * settings.batch * shape.hidden
    hidden = Array(repeating: 0, count: count)
    cells = Array(repeating: 0, count: shape.cell == .rnn ? 0 : count)
  }
}

extension Trainer {
  /// The state as it is now.
  public var state: TrainerState {
    var state = TrainerState(parameters: weights.parameters, windows: windows, settings: settings)
    (state.average, state.first, state.second) = (average, first, second)
    (state.step, state.rateScale) = (step, rateScale)
    forEachUnit { place, index, layer, unit in
      let values = portions[index].traces[layer]
      state.hidden[place] = values.hidden[unit]
      if values.cells.count > 0 { state.cells[place] = values.cells[unit] }
    }
    return state
  }

  /// Goes back, or on, to `state`.
  public mutating func restore(_ state: TrainerState) {
    weights.update(kernels, pool) { $0 = state.parameters }
    (average, first, second) = (state.average, state.first, state.second)
    (step, rateScale, windows) = (state.step, state.rateScale, state.windows)
    let width = weights.network.layers[0].width
    for index in portions.indices {
      for layer in portions[index].traces.indices {
        let rows = portions[index].rows
        var hidden = [Float](repeating: 0, count: rows * width)
        var cells = hidden
        forEachUnit { place, other, otherLayer, unit in
          guard other == index, otherLayer == layer else { return }
          hidden[unit] = state.hidden[place]
          if !state.cells.isEmpty { cells[unit] = state.cells[place] }
        }
        portions[index].traces[layer].setState(hidden: hidden, cells: cells)
      }
    }
  }

  /// Calls `body` with each unit's place in `[l, b, h]`, and with its portion, layer and place there.
  private func forEachUnit(_ body: (Int, Int, Int, Int) -> Void) {
    let (layers, batch, hidden) = (
      settings.architecture.layers, settings.batch, settings.architecture.hidden
    )
    let width = weights.network.layers[0].width
    for layer in 0..<layers {
      for (index, portion) in portions.enumerated() {
        for row in 0..<portion.rows {
          for unit in 0..<hidden {
            let place = (layer * batch + portion.firstRow + row) * hidden + unit
            body(place, index, layer, row * width + unit)
          }
        }
      }
    }
  }
}

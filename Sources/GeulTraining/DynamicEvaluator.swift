public import GeulCompute
public import GeulModel

/// A model that foretells a text unit by unit, and, if told to, goes on learning from what it has read.
///
/// That is dynamic evaluation (Mikolov et al. 2010; Krause et al. 2018).
/// What it foretells is a function of what it has read alone, bit for bit the same for any number of threads and each
/// instruction set: whoever reads the same units can undo what was coded with it.
public struct DynamicEvaluator: Sendable {
  /// The scores of the next unit, `[v]`; nothing before the first unit is read.
  private var scores: [Float] { output[0] }

  private let network: Network
  private let kernels: Kernels
  private let pool: ThreadPool
  private let learning: AdaptationConfiguration?

  private var weights: PackedNetwork
  /// What reads unit by unit.
  private var reader: BatchShard
  private var output: [[Float]] = [[]]
  /// What was read since the last learning, after the unit before it.
  private var recent: [Int32] = []
  private var learner: Learner?

  /// How a model goes on learning.
  public struct AdaptationConfiguration: Codable, Sendable, Equatable {
    /// AdamW's learning rate.
    public var rate: Float = 0.0008
    /// How many units it reads between two steps.
    public var length = 64
    /// The share of the mean of squares that is kept.
    public var beta2: Float = 0.999
    /// The part of the way back to where it began that the parameters go in each step.
    public var decay: Float = 0.001

    /// The defaults.
    public init() {}

    /// Whether no number is beyond what a command line takes.
    package var isSound: Bool {
      1e-8...1 ~= rate && 1...4096 ~= length && 0...1 ~= decay && beta2 >= 0 && beta2 < 1
    }
  }

  /// What a learning model needs beside.
  private struct Learner: Sendable {
    let start: ParameterStorage
    var portion: BatchShard
    var work: BackwardWorkspace
    /// For each lane.
    var gradientWorks: [GradientWorkspace]
    var (first, second, gradients): (ParameterStorage, ParameterStorage, ParameterStorage)
    var steps = 0
  }

  /// A model in a zero state; `learning` is nil for one that stays as it is.
  public init(
    _ network: Network, parameters: ParameterStorage, learning: AdaptationConfiguration?,
    kernels: Kernels, pool: ThreadPool
  ) {
    self.network = network
    self.kernels = kernels
    self.pool = pool
    self.learning = learning
    weights = PackedNetwork(
      network, parameters: parameters, precision: .float32, backward: learning != nil,
      kernels: kernels, pool: pool)
    reader = BatchShard(
      network, firstRow: 0, rows: 1, length: 1, precision: .float32, dropout: false,
      backward: false)
    learner = learning.map { learning in
      let empty = ParameterStorage(network.layout)
      let portion = BatchShard(
        network, firstRow: 0, rows: 1, length: learning.length, precision: .float32,
        dropout: false, backward: true)
      let works = (0..<pool.count).map { _ in GradientWorkspace() }
      return Learner(
        start: parameters, portion: portion, work: portion.backwardWorkspace, gradientWorks: works,
        first: empty, second: empty, gradients: empty)
    }
  }

  /// The probability of each unit to come next as a share of the likeliest one's, `[v]`, and the sum of these.
  ///
  /// Nil before the first unit is read.
  package var chances: (shares: [Double], sum: Double, best: Float)? {
    guard let best = scores.max() else { return nil }
    var shares = [Double](repeating: 0, count: scores.count)
    let sum = kernels.weigh(
      scores, first: scores.count, beside: Double(best), into: &shares)
    return (shares, sum, best)
  }

  /// The loss of a unit that comes next, in nats; nil before the first unit is read.
  public func nats(of id: Int32) -> Double? {
    guard let chances else { return nil }
    return naturalLogarithm(chances.sum) + Double(chances.best) - Double(scores[Int(id)])
  }

  /// Reads the next unit, and learns when it has read enough.
  public mutating func read(_ id: Int32) {
    recent.append(id)
    if let learning, recent.count > learning.length { learn(learning) }
    reader.tokens[0] = id
    reader.step(weights, kernels, pool: pool, scores: &output)
  }

  /// Takes one step from the loss of the last units, and reads the next with what it has learned.
  private mutating func learn(_ learning: AdaptationConfiguration) {
    guard var learner else { return }
    self.learner = nil  // or what it holds would be shared, and copied
    learner.portion.fill(row: 0, recent)
    learner.portion.forward(weights, kernels, scale: 1 / Float(learning.length))
    learner.portion.backward(weights, kernels, work: &learner.work)
    learner.gradients.values.clear()
    network.addGradients(
      of: [learner.portion], to: &learner.gradients, works: &learner.gradientWorks,
      kernels: kernels, pool: pool)
    learner.portion.shares = []  // or what they refer to would be copied when it is changed
    learner.portion.carryState()
    learner.steps += 1
    let step = AdamW(learningRate: learning.rate, beta1: 0, beta2: learning.beta2)
    weights.update(kernels, pool) { parameters in
      kernels.adam(
        step, slots: network.layout.slots, step: learner.steps, scale: 1, parameters: &parameters,
        gradients: learner.gradients, first: &learner.first, second: &learner.second, pool: pool)
      kernels.blend(
        &parameters, with: learner.start, keep: 1 - learning.decay, take: learning.decay,
        pool: pool)
    }
    recent.removeFirst(learning.length)
    self.learner = learner
  }
}

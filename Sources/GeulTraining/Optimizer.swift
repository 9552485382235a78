public import GeulCompute
public import GeulModel

/// An optimizer with its moments: Muon for weight matrices and AdamW for all other tensors, or AdamW for all.
///
/// Training and dynamic evaluation use the same one.
public struct Optimizer: Sendable {
  /// The rule and its hyperparameters.
  public struct Configuration: Sendable, Equatable {
    /// The optimizer of the weight matrices.
    public var kind = Kind.muon
    /// The decay rate of AdamW's first moment.
    public var beta1: Float = 0.9
    /// The decay rate of AdamW's second moment.
    public var beta2: Float = 0.99
    /// The decoupled weight decay of matrices.
    public var weightDecay: Float = 0
    /// The decay rate of Muon's momentum.
    public var momentum: Float = 0.95
    /// Muon's learning rate as a multiple of AdamW's.
    public var muonLearningRateScale: Float = 6
    /// The number of steps after which Muon computes new preconditioners.
    public var preconditionerInterval = 2

    /// The defaults.
    public init() {}
  }

  /// The optimizer of the weight matrices.
  public enum Kind: String, Codable, CaseIterable, Sendable {
    /// AdamW (Loshchilov and Hutter 2019).
    case adamw
    /// Muon: orthogonalized momentum (Jordan et al. 2024).
    case muon
  }

  /// AdamW's term for numerical stability.
  public static let defaultEpsilon: Float = 1e-8

  /// The state that a checkpoint holds.
  public struct State: Sendable, Equatable {
    /// The running mean of the gradients: AdamW's first moment, and Muon's momentum.
    public var firstMoment: ParameterStorage
    /// The running mean of their squares; for Muon's matrices, their preconditioners.
    public var secondMoment: ParameterStorage
    /// The number of steps made.
    public var step = 0

    /// The state before the first step.
    public init(_ layout: ParameterLayout) {
      firstMoment = ParameterStorage(layout)
      secondMoment = ParameterStorage(layout)
    }
  }

  /// The rule.
  public let configuration: Configuration
  /// The moments.
  public var state: State
  private let communicator: any Communicator
  /// Muon's matrices, and the rank that updates each.
  private let matrices: [(slot: ParameterSlot, owner: Int)]
  /// One for each matrix that this rank updates.
  private var workspaces: [Orthogonalizer]
  private let adamWSlots: [ParameterSlot]

  /// Creates an optimizer of a network's parameters.
  ///
  /// With several ranks, each updates some of Muon's matrices and the others receive them. Tensors in `frozen` stay as they
  /// are.
  public init(
    _ configuration: Configuration, for network: Network, precision: Precision = .float32,
    frozen: [ParameterSlot] = [], communicator: any Communicator = LocalCommunicator()
  ) {
    self.configuration = configuration
    self.communicator = communicator
    state = State(network.layout)
    let slots =
      configuration.kind == .muon ? network.matrices.filter { !frozen.contains($0) } : []
    matrices = Self.assign(slots, ranks: communicator.count)
    workspaces = matrices.filter { $0.owner == communicator.rank }.map {
      Orthogonalizer($0.slot, precision: precision)
    }
    adamWSlots = network.layout.slots.filter { !slots.contains($0) && !frozen.contains($0) }
  }

  /// Assigns each matrix to the rank that has the least work so far, the matrix with the most work first.
  private static func assign(
    _ slots: [ParameterSlot], ranks: Int
  ) -> [(slot: ParameterSlot, owner: Int)] {
    var work = [Double](repeating: 0, count: ranks)
    let byWork = slots.sorted { Orthogonalizer.work(on: $0) > Orthogonalizer.work(on: $1) }
    return byWork.map { slot in
      let owner = work.indices.min { work[$0] < work[$1] } ?? 0
      work[owner] += Orthogonalizer.work(on: slot)
      return (slot, owner)
    }
  }

  /// Updates the parameters once.
  ///
  /// - Parameters:
  ///   - parameters: The parameters.
  ///   - gradients: The gradients; those of Muon's matrices are overwritten.
  ///   - learningRate: AdamW's learning rate.
  ///   - gradientScale: The factor of the gradients: the effect of clipping.
  ///   - epsilon: AdamW's term for numerical stability.
  ///   - context: The kernels and threads.
  public mutating func step(
    _ parameters: inout ParameterStorage, gradients: inout ParameterStorage, learningRate: Float,
    gradientScale: Float = 1, epsilon: Float = defaultEpsilon, context: ComputeContext
  ) {
    state.step += 1
    let muon = Muon(
      learningRate: learningRate * configuration.muonLearningRateScale,
      momentum: configuration.momentum, weightDecay: configuration.weightDecay)
    context.muon(
      muon, gradientScale: gradientScale, workspaces: &workspaces, parameters: &parameters,
      gradients: &gradients, firstMoment: &state.firstMoment, preconditioners: &state.secondMoment,
      renewsPreconditioners: (state.step - 1) % configuration.preconditionerInterval == 0)
    let adamW = AdamW(
      learningRate: learningRate, beta1: configuration.beta1, beta2: configuration.beta2,
      epsilon: epsilon, weightDecay: configuration.weightDecay)
    context.adamW(
      adamW, slots: adamWSlots, step: state.step, gradientScale: gradientScale,
      parameters: &parameters, gradients: gradients, firstMoment: &state.firstMoment,
      secondMoment: &state.secondMoment)
    for matrix in matrices {
      communicator.broadcast(&parameters.values, matrix.slot.range, from: matrix.owner)
    }
  }

  /// Makes the state complete on all ranks: Muon's momentum and preconditioner of a matrix are only on the rank that
  /// updates it.
  mutating func gatherState() {
    for matrix in matrices {
      communicator.broadcast(&state.firstMoment.values, matrix.slot.range, from: matrix.owner)
      communicator.broadcast(&state.secondMoment.values, matrix.slot.range, from: matrix.owner)
    }
  }
}

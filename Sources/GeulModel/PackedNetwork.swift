public import GeulCompute

/// The parameters of a network, and its matrices in the order in which products read them.
public struct PackedNetwork: Sendable {
  /// What they are the parameters of.
  public let network: Network
  /// The parameters as they are trained and stored.
  public private(set) var parameters: ParameterStorage

  /// What each layer computes with, from the tokens upward.
  public private(set) var layers: [RecurrentWeights] = []

  /// Of each layer the input's matrix (but for the first) and the state's; then the projection's.
  private var matrices: [PackedMatrix]

  /// Packs `parameters`; `backward` says whether gradients will go back through the network.
  public init(
    _ network: Network, parameters: ParameterStorage, precision: Precision, backward: Bool,
    kernels: Kernels,
    pool: ThreadPool
  ) {
    self.network = network
    self.parameters = parameters
    matrices = network.matrices.map { PackedMatrix($0, precision, backward: backward) }
    pack(kernels, pool)
  }

  /// How wide the packed numbers are.
  public var precision: Precision { decoder.precision }

  /// The projection's matrix.
  public var decoder: PackedMatrix { matrices[matrices.count - 1] }

  /// Lets `change` change the parameters, and packs them anew.
  public mutating func update(
    _ kernels: Kernels, _ pool: ThreadPool, _ change: (inout ParameterStorage) -> Void
  ) {
    change(&parameters)
    pack(kernels, pool)
  }

  private mutating func pack(_ kernels: Kernels, _ pool: ThreadPool) {
    let parameters = parameters
    layers = []  // or the matrices that they refer to would be copied when they are packed
    pool.forEach(&matrices) { matrix in kernels.pack(&matrix, from: parameters) }
    layers = network.layers.enumerated().map { index, layer in
      RecurrentWeights(
        cell: layer.cell, input: layer.input, bias: layer.bias, recurrentBias: layer.recurrentBias,
        packedInput: index == 0 ? nil : matrices[2 * index - 1],
        packedRecurrent: matrices[2 * index], activation: network.architecture.activation)
    }
  }
}

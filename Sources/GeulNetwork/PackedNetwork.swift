public import GeulKernels

/// The parameters of a network, and its matrices in the order in which products read them.
public struct PackedNetwork: Sendable {
  /// What they are the parameters of.
  public let network: Network
  /// The parameters as they are trained and stored.
  public private(set) var parameters: Arena

  /// Of each layer the input's matrix (but for the first) and the state's; then the projection's.
  private var matrices: [PackedMatrix]

  /// Packs `parameters`; `backward` says whether gradients will go back through the network.
  public init(
    _ network: Network, parameters: Arena, precision: Precision, backward: Bool, kernels: Kernels,
    lanes: Lanes
  ) {
    self.network = network
    self.parameters = parameters
    matrices = network.matrices.map { PackedMatrix($0, precision, backward: backward) }
    pack(kernels, lanes)
  }

  /// How wide the packed numbers are.
  public var precision: Precision { decoder.precision }

  /// The projection's matrix.
  public var decoder: PackedMatrix { matrices[matrices.count - 1] }

  /// What layer `index`, counted from the tokens upward, computes with.
  public func weights(ofLayer index: Int) -> RecurrentWeights {
    let layer = network.layers[index]
    return RecurrentWeights(
      cell: layer.cell, input: layer.input, bias: layer.bias, recurrentBias: layer.recurrentBias,
      packedInput: index == 0 ? nil : matrices[2 * index - 1],
      packedRecurrent: matrices[2 * index], activation: network.architecture.activation)
  }

  /// Lets `change` change the parameters, and packs them anew.
  public mutating func update(_ kernels: Kernels, _ lanes: Lanes, _ change: (inout Arena) -> Void) {
    change(&parameters)
    pack(kernels, lanes)
  }

  private mutating func pack(_ kernels: Kernels, _ lanes: Lanes) {
    let parameters = parameters
    lanes.forEach(&matrices) { matrix in kernels.pack(&matrix, from: parameters) }
  }
}

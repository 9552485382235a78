public import GeulCompute

/// The parameters of a network with its weight matrices packed for the kernels.
///
/// Unchecked: `update` changes it while nothing else uses it.
public final class PackedNetwork: @unchecked Sendable {
  /// The network.
  public let network: Network
  /// The parameters as they are trained and stored.
  public private(set) var parameters: ParameterStorage
  /// The layers from the tokens upward.
  public let layers: [PackedLayer]
  /// The matrix of the output projection.
  public let outputProjection: PackedMatrix

  /// Packs `parameters`; `backward` tells whether gradients will be propagated through the network.
  public init(
    _ network: Network, parameters: ParameterStorage, precision: Precision, backward: Bool,
    context: ComputeContext
  ) {
    self.network = network
    self.parameters = parameters
    layers = network.layers.map { layer in
      PackedLayer(
        cell: layer.cell, input: layer.input, bias: layer.bias, recurrentBias: layer.recurrentBias,
        packedInput: layer.readsTokens
          ? nil : PackedMatrix(layer.input, precision, backward: backward),
        packedRecurrent: PackedMatrix(layer.recurrent, precision, backward: backward),
        activation: network.architecture.activation)
    }
    outputProjection = PackedMatrix(network.outputProjection, precision, backward: backward)
    pack(context)
  }

  /// The precision of the packed weights.
  public var precision: Precision { outputProjection.precision }

  /// Lets `change` change the parameters, and packs them again.
  public func update(_ context: ComputeContext, _ change: (inout ParameterStorage) -> Void) {
    change(&parameters)
    pack(context)
  }

  private func pack(_ context: ComputeContext) {
    let matrices =
      layers.flatMap { [$0.packedInput, $0.packedRecurrent].compactMap(\.self) }
      + [outputProjection]
    context.pool.run(matrices.count) { [parameters, kernels = context.kernels] index in
      kernels.pack(matrices[index], from: parameters)
    }
  }
}

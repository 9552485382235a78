public import GeulCompute

/// The parameters of a network with its weight matrices packed for the kernels.
///
/// Unchecked: nothing else uses it while `update` changes it.
public final class PackedNetwork: @unchecked Sendable {
  /// The network.
  public let network: Network
  /// The parameters that are trained and saved.
  public private(set) var parameters: ParameterStorage
  /// The layers, from the input to the output.
  public let layers: [PackedLayer]
  /// The matrix of the output projection.
  public let outputProjection: PackedMatrix

  /// Packs `parameters`; pass true for `backward` to propagate gradients through the network.
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

  /// Updates the parameters with `body`, and packs the weight matrices again.
  public func update(_ context: ComputeContext, _ body: (inout ParameterStorage) -> Void) {
    body(&parameters)
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

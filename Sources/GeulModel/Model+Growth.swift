internal import GeulCompute
internal import GeulText

extension Model {
  /// The slope at which a new layer passes on its input, in the almost linear part of tanh.
  private static let slope: Float = 0.25

  /// Returns a larger model that computes the same function, so that training continues from the loss of this model.
  ///
  /// Net2Net (Chen, Goodfellow and Shlens 2016) with other initial values: new units have the random parameters of a new
  /// network, and the weights from them to the units of this model and to the output are 0. New layers follow the last;
  /// with weights of 0 but for a diagonal, and the constant gates of `CellDescriptor.identityBiases`, they pass on their
  /// input x almost unchanged. For the LSTM:
  ///
  ///     c_t = f c_{t-1} + i tanh(x / 4),  h_t = o tanh(c_t);  f = sigmoid(-4), i = o = sigmoid(1)
  ///     h_t is about gain x / 4 with gain = i o / (1 - f);  W_y is divided by gain / 4
  ///
  /// More units leave the logits as they are; more layers change the loss by about 0.001 nats/token.
  ///
  /// - Parameters:
  ///   - hidden: The number of hidden units, at least that of this model.
  ///   - layers: The number of layers, at least that of this model.
  ///   - random: The generator of the new parameters.
  /// - Returns: The larger model, without facts about its training.
  /// - Precondition: The larger network does not have fewer units or layers.
  public func grown(hidden: Int, layers: Int, _ random: inout SplitMix64) -> Model {
    var metadata = metadata
    precondition(
      hidden >= metadata.architecture.hidden && layers >= metadata.architecture.layers,
      "a network of \(metadata.architecture.layers) x \(metadata.architecture.hidden) cannot grow to \(layers) x \(hidden)"
    )
    (metadata.architecture.hidden, metadata.architecture.layers) = (hidden, layers)
    metadata.training = nil
    let larger = Network(metadata.architecture, vocabulary: metadata.vocabulary.count)
    var grown = larger.initialParameters(&random)
    let slots = Dictionary(uniqueKeysWithValues: larger.layout.slots.map { ($0.name, $0) })
    for from in network.layout.slots {
      guard let to = slots[from.name] else { continue }
      grown.copy(from, of: parameters, to: to)
      for depth in from.depth..<to.depth {
        for gate in 0..<to.gates {
          for unit in 0..<from.units { grown[to, depth, gate, unit] = 0 }
        }
      }
    }
    for (position, layer) in larger.layers[network.layers.count...].enumerated() {
      // The output of the first new layer is already in the linear part of tanh.
      let gain = layer.cell.descriptor.identityGain
      layer.becomeIdentity(slope: position == 0 ? Self.slope : 1 / gain, in: &grown)
    }
    if let layer = larger.layers[network.layers.count...].first {
      let factor = 1 / (Self.slope * layer.cell.descriptor.identityGain)
      for index in larger.outputProjection.range { grown.values[index] *= factor }
    }
    return Model(metadata, parameters: grown)
  }
}

extension RecurrentLayer {
  /// Sets the parameters with which h_t is about `slope * gain * x_t`, where gain is `CellDescriptor.identityGain`.
  fileprivate func becomeIdentity(slope: Float, in parameters: inout ParameterStorage) {
    for slot in [input, recurrent, bias] + (recurrentBias.map { [$0] } ?? []) {
      for index in slot.range { parameters.values[index] = 0 }
    }
    let descriptor = cell.descriptor
    for unit in 0..<input.units {
      parameters[input, unit, descriptor.candidateGate, unit] = slope
      for (gate, value) in descriptor.identityBiases.enumerated() {
        parameters[bias, 0, gate, unit] = value
      }
    }
  }
}

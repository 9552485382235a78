public import GeulCompute

/// A tensor with PyTorch's name and shape, row-major.
public struct NamedTensor: Sendable, Equatable {
  /// For example `lstm.weight_ih_l0`.
  public let name: String
  /// For example `[4h, i]`.
  public let shape: [Int]
  /// The numbers; as many as the shape says.
  public let values: [Float]

  /// Creates a tensor.
  public init(name: String, shape: [Int], values: [Float]) {
    precondition(values.count == shape.reduce(1, *), "\(name): \(values.count) values for \(shape)")
    self.name = name
    self.shape = shape
    self.values = values
  }
}

/// Conversion of parameters to PyTorch's names, shapes and order of gates, so that
/// `torch.nn.LSTM(v, h, layers).load_state_dict` takes them.
extension Network {
  /// The name and shape of each tensor of `tensors(of:)`, in order.
  public var tensorShapes: [(name: String, shape: [Int])] {
    layers.flatMap { layer in
      let rows = layer.cell.descriptor.gateCount * layer.input.units
      return [
        (layer.input.name, [rows, layer.input.depth]),
        (layer.recurrent.name, [rows, layer.recurrent.depth]),
        (layer.bias.name, [rows]), (secondBiasName(of: layer), [rows]),
      ]
    } + [
      (outputProjection.name, [outputProjection.units, outputProjection.depth]),
      (outputBias.name, [outputBias.units]),
    ]
  }

  /// Returns all tensors of `storage`; `bias_hh` of kinds with one bias for each layer is zero.
  public func tensors(of storage: ParameterStorage) -> [NamedTensor] {
    let slots = Dictionary(uniqueKeysWithValues: layout.slots.map { ($0.name, $0) })
    return tensorShapes.map { name, shape in
      let values =
        slots[name].map { exported($0, of: storage) }
        ?? Array(repeating: 0, count: shape.reduce(1, *))
      return NamedTensor(name: name, shape: shape, values: values)
    }
  }

  /// Returns the parameters of tensors in the shapes of `tensors(of:)`.
  ///
  /// For kinds with one bias for each layer, PyTorch's two biases are added.
  public func parameters(from tensors: [NamedTensor]) -> ParameterStorage {
    var storage = ParameterStorage(layout)
    let values = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.values) })
    for slot in layout.slots {
      guard let values = values[slot.name] else { preconditionFailure("no tensor \(slot.name)") }
      read(values, into: slot, of: &storage)
    }
    for layer in layers where layer.recurrentBias == nil {
      guard let second = values[secondBiasName(of: layer)] else { continue }
      var sum = ParameterStorage(layout)
      read(second, into: layer.bias, of: &sum)
      for index in layer.bias.range { storage.values[index] += sum.values[index] }
    }
    return storage
  }

  private func secondBiasName(of layer: RecurrentLayer) -> String {
    layer.bias.name.replacing("bias_ih", with: "bias_hh")
  }

  /// The position of each of PyTorch's gates: i, f, g, o of the LSTM; r, z, n of the GRU.
  private func gateOrder(of slot: ParameterSlot) -> [Int] {
    guard
      let layer = layers.first(where: {
        [$0.input, $0.recurrent, $0.bias, $0.recurrentBias].contains(slot)
      })
    else { return [0] }
    let descriptor = layer.cell.descriptor
    return slot == layer.input || slot == layer.bias
      ? descriptor.inputGatesOfPyTorch : descriptor.recurrentGatesOfPyTorch
  }

  private func exported(_ slot: ParameterSlot, of storage: ParameterStorage) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(slot.parameterCount)
    for gate in gateOrder(of: slot) {
      for unit in 0..<slot.units {
        for depth in 0..<slot.depth { values.append(storage[slot, depth, gate, unit]) }
      }
    }
    return values
  }

  private func read(_ values: [Float], into slot: ParameterSlot, of storage: inout ParameterStorage)
  {
    precondition(values.count == slot.parameterCount, "\(slot.name): \(values.count) values")
    var next = values.makeIterator()
    for gate in gateOrder(of: slot) {
      for unit in 0..<slot.units {
        for depth in 0..<slot.depth { storage[slot, depth, gate, unit] = next.next() ?? 0 }
      }
    }
  }
}

public import GeulCompute

/// A tensor with PyTorch's name and shape, row-major.
public struct NamedTensor: Sendable, Equatable {
  /// The name, for example `lstm.weight_ih_l0`.
  public let name: String
  /// The size of each dimension, for example `[4h, i]`.
  public let shape: [Int]
  /// The elements.
  public let values: [Float]

  /// Creates a tensor.
  ///
  /// - Precondition: The number of elements is that of `shape`.
  public init(name: String, shape: [Int], values: [Float]) {
    precondition(
      values.count == shape.reduce(1, *),
      "tensor \(name) of shape \(shape) must not have \(values.count) values")
    self.name = name
    self.shape = shape
    self.values = values
  }
}

/// Conversion of parameters to PyTorch's names, shapes and gate order, as `torch.nn.LSTM(v, h, layers).load_state_dict`
/// requires them.
extension Network {
  /// The name and shape of each tensor of `tensors(of:)`, in order.
  public var tensorShapes: [(name: String, shape: [Int])] {
    layers.flatMap { layer in
      let rows = layer.cell.descriptor.gateCount * layer.input.units
      return [
        (layer.input.name, [rows, layer.input.depth]),
        (layer.recurrent.name, [rows, layer.recurrent.depth]),
        (layer.bias.name, [rows]), (layer.recurrentBiasName, [rows]),
      ]
    } + [
      (outputProjection.name, [outputProjection.units, outputProjection.depth]),
      (outputBias.name, [outputBias.units]),
    ]
  }

  /// Returns all tensors of `storage`; `bias_hh` is zero for kinds with one bias per layer.
  public func tensors(of storage: ParameterStorage) -> [NamedTensor] {
    let slots = Dictionary(uniqueKeysWithValues: layout.slots.map { ($0.name, $0) })
    return tensorShapes.map { name, shape in
      let values =
        slots[name].map { exported($0, of: storage) }
        ?? Array(repeating: 0, count: shape.reduce(1, *))
      return NamedTensor(name: name, shape: shape, values: values)
    }
  }

  /// Returns the parameters from tensors with the shapes of `tensors(of:)`.
  ///
  /// For kinds with one bias per layer, PyTorch's two biases are added.
  public func parameters(from tensors: [NamedTensor]) -> ParameterStorage {
    var storage = ParameterStorage(layout)
    let values = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.values) })
    for slot in layout.slots {
      guard let values = values[slot.name] else {
        preconditionFailure("tensor \(slot.name) is missing")
      }
      read(values, into: slot, of: &storage)
    }
    for layer in layers where layer.recurrentBias == nil {
      guard let second = values[layer.recurrentBiasName] else { continue }
      var sum = ParameterStorage(layout)
      read(second, into: layer.bias, of: &sum)
      for index in layer.bias.range { storage.values[index] += sum.values[index] }
    }
    return storage
  }

  /// Returns the index in the tensor of each of PyTorch's gates: i, f, g, o of the LSTM; r, z, n of the GRU.
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
    precondition(
      values.count == slot.parameterCount,
      "tensor \(slot.name) must have \(slot.parameterCount) values, has \(values.count)")
    var next = values.makeIterator()
    for gate in gateOrder(of: slot) {
      for unit in 0..<slot.units {
        for depth in 0..<slot.depth { storage[slot, depth, gate, unit] = next.next() ?? 0 }
      }
    }
  }
}

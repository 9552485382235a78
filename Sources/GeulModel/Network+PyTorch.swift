public import GeulCompute

/// A tensor with the name and the shape that PyTorch gives it, row-major.
public struct NamedTensor: Sendable, Equatable {
  /// For example `lstm.weight_ih_l0`.
  public let name: String
  /// For example `[4h, i]`.
  public let shape: [Int]
  /// As many as the shape says.
  public let values: [Float]

  /// A tensor.
  public init(name: String, shape: [Int], values: [Float]) {
    precondition(values.count == shape.reduce(1, *), "\(name): \(values.count) values for \(shape)")
    self.name = name
    self.shape = shape
    self.values = values
  }
}

/// The parameters under PyTorch's names, in its shapes and its order of gates, so that
/// `torch.nn.LSTM(v, h, layers).load_state_dict` takes them.
extension Network {
  /// Name and shape of each of `tensors(of:)`, in order.
  public var tensorShapes: [(name: String, shape: [Int])] {
    layers.flatMap { layer in
      let rows = layer.cell.gates * layer.input.units
      return [
        (layer.input.name, [rows, layer.input.depth]),
        (layer.recurrent.name, [rows, layer.recurrent.depth]),
        (layer.bias.name, [rows]), (secondBiasName(of: layer), [rows]),
      ]
    } + [
      (decoder.name, [decoder.units, decoder.depth]), (decoderBias.name, [decoderBias.units]),
    ]
  }

  /// All tensors of `arena`; `bias_hh` of the vanilla cell and the LSTM, which have one bias a layer, as zeros.
  public func tensors(of arena: ParameterStorage) -> [NamedTensor] {
    let slots = Dictionary(uniqueKeysWithValues: layout.slots.map { ($0.name, $0) })
    return tensorShapes.map { name, shape in
      let values =
        slots[name].map { exported($0, of: arena) }
        ?? Array(repeating: 0, count: shape.reduce(1, *))
      return NamedTensor(name: name, shape: shape, values: values)
    }
  }

  /// Fills an arena from tensors in the order and the shapes of `tensors(of:)`.
  ///
  /// Of the vanilla cell and the LSTM both biases are added up: the network has one.
  public func parameters(from tensors: [NamedTensor]) -> ParameterStorage {
    var arena = ParameterStorage(layout)
    let values = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.values) })
    for slot in layout.slots {
      guard let values = values[slot.name] else { preconditionFailure("no tensor \(slot.name)") }
      read(values, into: slot, of: &arena)
    }
    for layer in layers where layer.recurrentBias == nil {
      guard let second = values[secondBiasName(of: layer)] else { continue }
      var sum = ParameterStorage(layout)
      read(second, into: layer.bias, of: &sum)
      for index in layer.bias.range { arena.values[index] += sum.values[index] }
    }
    return arena
  }

  private func secondBiasName(of layer: RecurrentLayer) -> String {
    layer.bias.name.replacing("bias_ih", with: "bias_hh")
  }

  /// Where in the arena the gates lie that PyTorch counts 0, 1, 2 ...: r, z, n of the GRU; i, f, g, o of the LSTM.
  private func gateOrder(of slot: ParameterSlot) -> [Int] {
    let isInput = layers.contains { $0.input == slot || $0.bias == slot }
    return architecture.cell == .gru && slot.gates == 3 && isInput
      ? [1, 2, 0] : Array(0..<slot.gates)
  }

  private func exported(_ slot: ParameterSlot, of arena: ParameterStorage) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(slot.parameterCount)
    for gate in gateOrder(of: slot) {
      for unit in 0..<slot.units {
        for depth in 0..<slot.depth { values.append(arena[slot, depth, gate, unit]) }
      }
    }
    return values
  }

  private func read(_ values: [Float], into slot: ParameterSlot, of arena: inout ParameterStorage) {
    precondition(values.count == slot.parameterCount, "\(slot.name): \(values.count) values")
    var next = values.makeIterator()
    for gate in gateOrder(of: slot) {
      for unit in 0..<slot.units {
        for depth in 0..<slot.depth { arena[slot, depth, gate, unit] = next.next() ?? 0 }
      }
    }
  }
}

public import GeulKernels

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
  /// All tensors of `arena`; `bias_hh` of the vanilla cell and the LSTM, which have one bias a layer, as zeros.
  public func tensors(of arena: Arena) -> [NamedTensor] {
    var tensors: [NamedTensor] = []
    for layer in layers {
      tensors += [layer.input, layer.recurrent, layer.bias].map { tensor($0, of: arena) }
      if let second = layer.recurrentBias {
        tensors.append(tensor(second, of: arena))
      } else {
        tensors.append(zeroBias(of: layer))
      }
    }
    return tensors + [tensor(decoder, of: arena), tensor(decoderBias, of: arena)]
  }

  /// Name and shape of each of `tensors(of:)`, in order.
  public var tensorShapes: [(name: String, shape: [Int])] {
    tensors(of: Arena(layout)).map { ($0.name, $0.shape) }
  }

  /// Fills an arena from tensors in the order and the shapes of `tensors(of:)`.
  ///
  /// Of the vanilla cell and the LSTM both biases are added up: the network has one.
  public func parameters(from tensors: [NamedTensor]) -> Arena {
    var arena = Arena(layout)
    let values = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.values) })
    for slot in layout.slots {
      guard let values = values[slot.name] else { preconditionFailure("no tensor \(slot.name)") }
      read(values, into: slot, of: &arena)
    }
    for layer in layers where layer.recurrentBias == nil {
      guard let second = values[zeroBias(of: layer).name] else { continue }
      var sum = Arena(layout)
      read(second, into: layer.bias, of: &sum)
      for index in layer.bias.range { arena.values[index] += sum.values[index] }
    }
    return arena
  }

  private func zeroBias(of layer: RecurrentLayer) -> NamedTensor {
    let count = layer.bias.gates * layer.bias.units
    return NamedTensor(
      name: layer.bias.name.replacing("bias_ih", with: "bias_hh"), shape: [count],
      values: Array(repeating: 0, count: count))
  }

  /// Where in the arena the gates lie that PyTorch counts 0, 1, 2 ...: r, z, n of the GRU; i, f, g, o of the LSTM.
  private func gateOrder(of slot: Slot) -> [Int] {
    let isInput = layers.contains { $0.input == slot || $0.bias == slot }
    return architecture.cell == .gru && slot.gates == 3 && isInput
      ? [1, 2, 0] : Array(0..<slot.gates)
  }

  private func tensor(_ slot: Slot, of arena: Arena) -> NamedTensor {
    var values: [Float] = []
    values.reserveCapacity(slot.parameterCount)
    for gate in gateOrder(of: slot) {
      for unit in 0..<slot.units {
        for depth in 0..<slot.depth { values.append(arena[slot, depth, gate, unit]) }
      }
    }
    let rows = slot.gates * slot.units
    let isBias = slot.name.contains("bias")
    return NamedTensor(name: slot.name, shape: isBias ? [rows] : [rows, slot.depth], values: values)
  }

  private func read(_ values: [Float], into slot: Slot, of arena: inout Arena) {
    precondition(values.count == slot.parameterCount, "\(slot.name): \(values.count) values")
    var next = values.makeIterator()
    for gate in gateOrder(of: slot) {
      for unit in 0..<slot.units {
        for depth in 0..<slot.depth { arena[slot, depth, gate, unit] = next.next() ?? 0 }
      }
    }
  }
}

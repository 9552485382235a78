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
      read(second, into: layer.bias, of: &storage, adding: true)
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
    var values = [Float](repeating: 0, count: slot.parameterCount)
    var tensor = values.mutableSpan
    let elements = storage[slot]
    forEachBlock(of: slot) { index, element, depths in
      for depth in depths { tensor[index + depth] = elements[element + depth * slot.stride] }
    }
    return values
  }

  /// Sets the elements of `slot` to the values of PyTorch's tensor, or adds these.
  private func read(
    _ values: [Float], into slot: ParameterSlot, of storage: inout ParameterStorage,
    adding: Bool = false
  ) {
    precondition(
      values.count == slot.parameterCount,
      "tensor \(slot.name) must have \(slot.parameterCount) values, has \(values.count)")
    let tensor = values.span
    var elements = storage.values.mutableSpan
    forEachBlock(of: slot) { index, element, depths in
      for depth in depths {
        let target = slot.offset + element + depth * slot.stride
        elements[target] = adding ? elements[target] + tensor[index + depth] : tensor[index + depth]
      }
    }
  }

  /// Calls `body` for blocks of the elements of one gate and unit: with the index in PyTorch's tensor and in the slot of the
  /// element at depth 0, and a range of depths.
  ///
  /// PyTorch's tensor is the transpose of the slot: with blocks of a cache line, each line is read and written once.
  @inline(__always)
  private func forEachBlock(
    of slot: ParameterSlot, _ body: (_ index: Int, _ element: Int, _ depths: Range<Int>) -> Void
  ) {
    for (position, gate) in gateOrder(of: slot).enumerated() {
      for start in stride(from: 0, to: slot.depth, by: 16) {
        let depths = start..<min(start + 16, slot.depth)
        for unit in 0..<slot.units {
          body((position * slot.units + unit) * slot.depth, gate * slot.width + unit, depths)
        }
      }
    }
  }
}

public import GeulModel
internal import GeulCompute

extension Model {
  /// Converts the model to a file of ONNX (Open Neural Network Exchange).
  ///
  /// The graph reads a sequence of any length and continues it from any state:
  ///
  /// - inputs: `tokens`, int64 `[t, b]`, and the states before the first token, float32 `[l, b, h]`: `hidden`, for the
  ///   LSTM also `cell`. Zeros are the initial state.
  /// - outputs: `logits` of the next token, float32 `[t, b, v]`, and the states after the last token: `next_hidden`, for
  ///   the LSTM also `next_cell`.
  ///
  /// It uses the operators `OneHot`, `LSTM`, `GRU` or `RNN`, `MatMul` and others of operator set 17. The properties
  /// `vocabulary`, `tokenizer`, `model` and, after training, `training` have the values of the model file's metadata as
  /// JSON.
  ///
  /// - Parameter producerVersion: The version of the program, which the file names.
  /// - Returns: The bytes of the file.
  /// - Throws: `ExchangeError` if the file would have more than 2 GiB, the limit of Protocol Buffers.
  public func onnx(producerVersion: String = "") throws(ExchangeError) -> [UInt8] {
    let tensors = Dictionary(
      uniqueKeysWithValues: network.tensors(of: parameters).map { ($0.name, $0) })
    // 1 KiB for what surrounds each tensor.
    let size = tensors.values.reduce(0) { $0 + $1.values.count * 4 + 1024 }
    try ExchangeError.check(size, below: Int(Int32.max), of: "An ONNX file")
    let (cell, hidden) = (metadata.architecture.cell, metadata.architecture.hidden)
    let operation = ONNXRecurrence(cell, activation: metadata.architecture.activation)
    let layers = network.layers.count
    var graph = ONNXGraph("geul")

    let stateShape: [ONNXGraph.Dimension] = [.size(layers), .name("batch"), .size(hidden)]
    graph.addInput("tokens", .int64, [.name("time"), .name("batch")])
    for state in operation.states {
      graph.addInput(state, .float, stateShape)
      if layers > 1 {
        graph.add(
          "Split", [state], to: (0..<layers).map { "\(state)_\($0)" }, [("axis", .integer(0))])
      }
    }
    graph.addConstant("vocabulary_size", [], [Int64(network.vocabulary)])
    graph.addConstant("off_on", [2], [0, 1] as [Float])
    graph.addConstant("directions", [1], [1] as [Int64])
    graph.add("OneHot", ["tokens", "vocabulary_size", "off_on"], to: ["inputs"])

    var inputs = "inputs"
    for (index, layer) in network.layers.enumerated() {
      /// Returns a tensor with its gates in the order of ONNX, `[1, gates * h, ...]`.
      func constant(_ name: String) -> (shape: [Int], values: [Float]) {
        guard let tensor = tensors[name] else { preconditionFailure("tensor \(name) is missing") }
        return ([1] + tensor.shape, operation.reordered(tensor.values))
      }
      let (input, recurrent) = (constant(layer.input.name), constant(layer.recurrent.name))
      let biases = constant(layer.bias.name).values + constant(layer.recurrentBiasName).values
      graph.addConstant(layer.input.name, input.shape, input.values)
      graph.addConstant(layer.recurrent.name, recurrent.shape, recurrent.values)
      graph.addConstant(layer.bias.name, [1, biases.count], biases)
      /// Returns the name of a state of this layer.
      func name(_ state: String) -> String { layers > 1 ? "\(state)_\(index)" : state }
      graph.add(
        operation.name,
        [inputs, layer.input.name, layer.recurrent.name, layer.bias.name, ""]
          + operation.states.map(name),
        to: ["directions_\(index)"] + operation.states.map { name("next_\($0)") },
        [("hidden_size", .integer(hidden))] + operation.attributes)
      // The operator's output is [t, 1, b, h], with one direction.
      graph.add("Squeeze", ["directions_\(index)", "directions"], to: ["outputs_\(index)"])
      inputs = "outputs_\(index)"
    }
    for state in operation.states {
      if layers > 1 {
        graph.add(
          "Concat", (0..<layers).map { "next_\(state)_\($0)" }, to: ["next_\(state)"],
          [("axis", .integer(0))])
      }
    }
    addOutputProjection(of: inputs, tensors, to: &graph)
    graph.addOutput(
      "logits", .float, [.name("time"), .name("batch"), .size(network.vocabulary)])
    for state in operation.states { graph.addOutput("next_\(state)", .float, stateShape) }
    return graph.file(
      operatorSet: 17, formatVersion: 8, producer: ("geul", producerVersion),
      metadata: properties)
  }

  /// Adds logits = W_y h_t + b_y.
  private func addOutputProjection(
    of inputs: String, _ tensors: [String: NamedTensor], to graph: inout ONNXGraph
  ) {
    let (matrix, bias) = (network.outputProjection.name, network.outputBias.name)
    guard let weights = tensors[matrix]?.values, let biases = tensors[bias]?.values else {
      preconditionFailure("the output projection is missing")
    }
    let (v, h) = (network.vocabulary, network.outputProjection.depth)
    var transposed: [Float] = []
    transposed.reserveCapacity(v * h)
    for unit in 0..<h {
      for token in 0..<v { transposed.append(weights[token * h + unit]) }
    }
    graph.addConstant(matrix, [h, v], transposed)
    graph.addConstant(bias, [v], biases)
    graph.add("MatMul", [inputs, matrix], to: ["products"])
    graph.add("Add", ["products", bias], to: ["logits"])
  }

  /// The metadata as JSON texts.
  private var properties: [(key: String, value: String)] {
    [
      ("vocabulary", Model.json(metadata.vocabulary)),
      ("tokenizer", Model.json(metadata.tokenizer)),
      ("model", Model.json(metadata.architecture)),
    ] + (metadata.training.map { [("training", Model.json($0))] } ?? [])
  }
}

/// The recurrent operator of ONNX for a kind of cell.
///
/// Source: https://onnx.ai/onnx/operators/
private struct ONNXRecurrence {
  /// The name of the operator.
  let name: String
  /// The names of its states.
  let states: [String]
  /// Attributes besides the number of hidden units.
  let attributes: [(name: String, value: ONNXGraph.Attribute)]
  /// The index of each of its gates among PyTorch's.
  private let gates: [Int]

  init(_ cell: CellKind, activation: Activation) {
    switch cell {
    case .rnn:
      let function = activation == .tanh ? "Tanh" : "Relu"
      (name, states, gates) = ("RNN", ["hidden"], [0])
      attributes = [("activations", .strings([function]))]
    case .lstm:
      // i, o, f, c of PyTorch's i, f, g, o
      (name, states, gates) = ("LSTM", ["hidden", "cell"], [0, 3, 1, 2])
      attributes = []
    case .gru:
      // z, r, h of PyTorch's r, z, n; the reset gate is applied after the product.
      (name, states, gates) = ("GRU", ["hidden"], [1, 0, 2])
      attributes = [("linear_before_reset", .integer(1))]
    }
  }

  /// Returns the values of a tensor with its gates, which are its outermost blocks, in the order of the operator.
  func reordered(_ values: [Float]) -> [Float] {
    let size = values.count / gates.count
    return gates.flatMap { values[$0 * size..<($0 + 1) * size] }
  }
}

public import GeulCompute
public import GeulModel
public import GeulText

extension Model {
  /// Creates a model with the parameters of a PyTorch model.
  ///
  /// Everything is converted exactly, except that these are rounded to float32: the elements of float64 tensors, the
  /// sum of the two biases of an RNN or LSTM layer, and with an embedding E the input matrix of the first layer, which
  /// becomes `W_ih E^T`, summed in float64.
  ///
  /// - Parameters:
  ///   - stateDict: The tensors; the number of tokens that it was opened with is that of the vocabulary.
  ///   - activation: The activation function of RNN cells, which tensors do not tell.
  ///   - tokenizer: The rules that turn text into tokens.
  ///   - vocabulary: The tokens in the order of their ids.
  /// - Throws: `StateDictError` if a tensor does not contain finite floating-point numbers.
  public init(
    _ stateDict: StateDict, activation: Activation = .tanh, tokenizer: Tokenizer,
    vocabulary: Vocabulary
  ) throws(StateDictError) {
    let architecture = Architecture(
      cell: stateDict.cell, layers: stateDict.layers.count, hidden: stateDict.hidden,
      activation: activation)
    let network = Network(architecture, vocabulary: vocabulary.count)
    let shapes = Dictionary(uniqueKeysWithValues: network.tensorShapes.map { ($0.name, $0.shape) })
    var tensors: [NamedTensor] = []
    func add(_ name: String, _ values: [Float]) {
      tensors.append(NamedTensor(name: name, shape: shapes[name] ?? [], values: values))
    }
    /// Returns the elements of an optional bias.
    func bias(_ source: String, of count: Int) throws(StateDictError) -> [Float] {
      stateDict.contains(source)
        ? try stateDict.floats(source) : Array(repeating: 0, count: count)
    }
    for (layer, source) in zip(network.layers, stateDict.layers) {
      let rows = shapes[layer.bias.name]?[0] ?? 0
      var input = try stateDict.floats(source.name("weight_ih"))
      if layer.readsTokens, let embedding = stateDict.embedding {
        input = Self.product(input, try stateDict.floats(embedding), depth: stateDict.inputs)
      }
      guard input.allSatisfy(\.isFinite) else {
        throw StateDictError(file: stateDict.file, reason: .notFinite(source.name("weight_ih")))
      }
      add(layer.input.name, input)
      add(layer.recurrent.name, try stateDict.floats(source.name("weight_hh")))
      add(layer.bias.name, try bias(source.name("bias_ih"), of: rows))
      add(layer.recurrentBiasName, try bias(source.name("bias_hh"), of: rows))
    }
    add(network.outputProjection.name, try stateDict.floats(stateDict.projection))
    let outputBias = try stateDict.projectionBias.map(stateDict.floats)
    add(network.outputBias.name, outputBias ?? Array(repeating: 0, count: vocabulary.count))
    self.init(
      Metadata(architecture: architecture, tokenizer: tokenizer, vocabulary: vocabulary),
      parameters: network.parameters(from: tensors))
  }

  /// Returns A B^T of matrices with `depth` columns, row-major; each element is a sum in float64, rounded once.
  private static func product(_ a: [Float], _ b: [Float], depth: Int) -> [Float] {
    let (left, right) = (a.map(Double.init), b.map(Double.init))
    var result: [Float] = []
    result.reserveCapacity(a.count / depth * (b.count / depth))
    for row in stride(from: 0, to: left.count, by: depth) {
      for column in stride(from: 0, to: right.count, by: depth) {
        var sum = 0.0
        for index in 0..<depth { sum += left[row + index] * right[column + index] }
        result.append(Float(sum))
      }
    }
    return result
  }
}

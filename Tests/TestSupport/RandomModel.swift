public import GeulCompute
public import GeulModel
public import GeulText

/// Creates a model of a corpus with random parameters.
///
/// The elements of a tensor are uniformly distributed in `-bound...bound` of its name and shape.
public func randomModel(
  _ architecture: Architecture, of corpus: Corpus, seed: UInt64,
  bound: (_ name: String, _ shape: [Int]) -> Float
) -> Model {
  let network = Network(architecture, vocabulary: corpus.vocabulary.count)
  var random = SeededGenerator(seed: seed)
  let tensors = network.tensorShapes.map { name, shape in
    let bound = bound(name, shape)
    return NamedTensor(
      name: name, shape: shape,
      values: (0..<shape.reduce(1, *)).map { _ in Float.random(in: -bound...bound, using: &random) }
    )
  }
  return Model(
    Model.Metadata(
      architecture: architecture, tokenizer: corpus.tokenizer, vocabulary: corpus.vocabulary),
    parameters: network.parameters(from: tensors))
}

/// Creates a model of a corpus, by default with a small vocabulary, with random parameters in -0.8...0.8.
public func randomModel(
  _ cell: CellKind, of corpus: Corpus? = nil, layers: Int = 2, hidden: Int = 5,
  activation: Activation = .tanh
) throws -> Model {
  randomModel(
    Architecture(cell: cell, layers: layers, hidden: hidden, activation: activation),
    of: try corpus ?? Corpus.read([.text("abcdefg 글쓰기\n")]), seed: 4
  ) { _, _ in 0.8 }
}

internal import GeulCompute
internal import GeulModel
public import GeulStorage

/// The tensors of a PyTorch model in a safetensors file, and the parts of a language model among them.
///
/// A model consists of an embedding (optional), one or more modules `torch.nn.RNN`, `GRU` or `LSTM`, and an output
/// projection. The parts are recognized by names and shapes:
///
/// - recurrent layers: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0` after the name of a module
/// - output projection: a matrix `[v, h]`, and a bias `[v]` beside it
/// - embedding: a matrix `[v, e]`, where e is the number of inputs of the first layer
public struct StateDict: Sendable {
  /// The names of parts, for models in which they are ambiguous.
  public struct PartNames: Sendable, Equatable {
    /// The modules with recurrent layers, from the input to the output; empty to find the only one.
    public var recurrent: [String]
    /// The module or tensor of the embedding; nil to find it.
    public var embedding: String?
    /// The module or tensor of the output projection; nil to find it.
    public var projection: String?
    /// Tensors that have no effect on the logits.
    public var ignored: [String]

    /// Creates names of parts.
    public init(
      recurrent: [String] = [], embedding: String? = nil, projection: String? = nil,
      ignored: [String] = []
    ) {
      self.recurrent = recurrent
      self.embedding = embedding
      self.projection = projection
      self.ignored = ignored
    }
  }

  /// A recurrent layer: the name before the suffixes and the suffix of the layer, such as `lstm.` and `_l0`.
  struct Layer: Sendable, Equatable {
    let module: String
    let suffix: String

    /// Returns the name of a tensor of the layer, such as `lstm.weight_ih_l0`.
    func name(_ part: String) -> String {
      (module.isEmpty ? "" : module + ".") + part + suffix
    }
  }

  let file: String
  private let contents: SafetensorsFile
  /// The layers from the input to the output.
  let layers: [Layer]
  /// The kind of the layers.
  let cell: CellKind
  /// The number of hidden units.
  let hidden: Int
  /// The number of inputs of the first layer.
  let inputs: Int
  /// The name of the matrix of the output projection.
  let projection: String
  /// The name of the bias of the output projection; nil if it has none.
  let projectionBias: String?
  /// The name of the embedding; nil if the first layer reads one-hot vectors.
  let embedding: String?

  /// Finds the parts of a model with a vocabulary of `vocabulary` tokens.
  ///
  /// - Throws: `StateDictError` if the tensors are not those of such a model, or ambiguous.
  public init(
    _ contents: SafetensorsFile, name file: String, vocabulary: Int, parts: PartNames = PartNames()
  ) throws(StateDictError) {
    self.file = file
    self.contents = contents
    let shapes = Dictionary(contents.tensors.map { ($0.name, $0.shape) }) { first, _ in first }
    do throws(StateDictError.Reason) {
      layers = try Self.layers(shapes.keys.sorted(), parts.recurrent)
      (cell, hidden, inputs) = try Self.architecture(layers, shapes)
      (projection, embedding) = try Self.matrices(
        shapes, layers, hidden: hidden, inputs: inputs, vocabulary: vocabulary, parts)
      var biases = [Self.bias(of: projection)].filter { shapes[$0] != nil }
      if biases.isEmpty, projection == embedding {
        // Tied weights are saved under one name; the bias may have the other one.
        biases = shapes.keys.filter { $0.hasSuffix("bias") && shapes[$0] == [vocabulary] }.sorted()
        // Without it, the projection may be missing in the file.
        guard !biases.isEmpty || parts.projection != nil else { throw .tied(projection) }
      }
      projectionBias = biases.first
      try Self.checkComplete(
        shapes, layers,
        [projection, projectionBias, embedding].compactMap(\.self) + parts.ignored
          + [Model.itemsTensor])
      if let projectionBias { try Self.check(projectionBias, [vocabulary], shapes) }
    } catch {
      throw StateDictError(file: file, reason: error)
    }
  }

  /// Indicates whether the layers are vanilla RNN layers, whose activation function the tensors do not tell.
  public var isVanilla: Bool { cell == .rnn }

  /// A description of the parts that were found.
  public var summary: String {
    let modules = layers.map(\.module).reduce(into: [String]()) { names, name in
      if names.last != name { names.append(name) }
    }
    let names = modules.map { $0.isEmpty ? "no name" : $0 }.joined(separator: ", ")
    let input = embedding.map { "embedding \($0) [\(inputs) values]" } ?? "one-hot input"
    return
      "\(cell.rawValue.uppercased()) \(names): \(layers.count) x \(hidden) units, \(input), output projection \(projection)"
      + (embedding == projection ? " (the same matrix)" : "")
  }

  /// Returns the elements of a tensor as float32.
  func floats(_ name: String) throws(StateDictError) -> [Float] {
    func error(_ reason: StateDictError.Reason) -> StateDictError {
      StateDictError(file: file, reason: reason)
    }
    guard let tensor = contents.tensors.first(where: { $0.name == name }),
      let bytes = try? contents.bytes(name)
    else { throw error(.missingTensor(name)) }
    guard let values = tensor.dtype.floats(bytes) else {
      throw error(.unsupportedDtype(tensor: name, dtype: tensor.dtype.rawValue))
    }
    guard values.allSatisfy(\.isFinite) else { throw error(.notFinite(name)) }
    return values
  }

  /// Returns true if a tensor exists.
  func contains(_ name: String) -> Bool { contents.tensors.contains { $0.name == name } }
}

// MARK: - Recognition of the parts

extension StateDict {
  private static let parts = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]

  /// A tensor of a recurrent layer.
  private struct RecurrentTensor {
    let layer: Layer
    let index: Int

    /// Parses a name such as `model.lstm.weight_ih_l0`, or `cell.weight_ih` of torch.nn.LSTMCell.
    init?(_ name: String) throws(StateDictError.Reason) {
      let dot = name.lastIndex(of: ".")
      let last = dot.map { name[name.index(after: $0)...] } ?? name[...]
      guard let part = (parts + ["weight_hr"]).first(where: { last.hasPrefix($0) }) else {
        return nil
      }
      let suffix = last.dropFirst(part.count)
      if suffix.hasSuffix("_reverse") { throw .bidirectional(name) }
      guard suffix.isEmpty || suffix.hasPrefix("_l"),
        let index = suffix.isEmpty ? 0 : Int(suffix.dropFirst(2)), index >= 0
      else { return nil }
      if part == "weight_hr" { throw .projected(name) }
      self.index = index
      layer = Layer(module: dot.map { String(name[..<$0]) } ?? "", suffix: String(suffix))
    }
  }

  /// Returns the layers of the modules with the given names, or of the only module.
  private static func layers(
    _ names: [String], _ modules: [String]
  ) throws(StateDictError.Reason) -> [Layer] {
    var found: [String: [Int: Layer]] = [:]
    for name in names {
      guard let tensor = try RecurrentTensor(name) else { continue }
      found[tensor.layer.module, default: [:]][tensor.index] = tensor.layer
    }
    let all = found.keys.sorted()
    guard !all.isEmpty else { throw .noRecurrentLayers }
    var chosen = modules.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
    if chosen.isEmpty {
      guard all.count == 1 else { throw .ambiguousRecurrentLayers(all) }
      chosen = all
    }
    var result: [Layer] = []
    for module in chosen {
      guard let layers = found[module] else { throw .noModule(module, others: all) }
      for index in 0..<layers.count {
        guard let layer = layers[index] else {
          throw .missingTensor(Layer(module: module, suffix: "_l\(index)").name("weight_ih"))
        }
        result.append(layer)
      }
    }
    return result
  }

  /// Returns the kind and size of the layers, all of whose shapes are checked.
  private static func architecture(
    _ layers: [Layer], _ shapes: [String: [Int]]
  ) throws(StateDictError.Reason) -> (cell: CellKind, hidden: Int, inputs: Int) {
    func size(_ layer: Layer) throws(StateDictError.Reason) -> (cell: CellKind, hidden: Int) {
      let name = layer.name("weight_hh")
      guard let shape = shapes[name] else { throw .missingTensor(name) }
      guard shape.count == 2, shape[1] > 0,
        let cell = CellKind.allCases.first(where: {
          $0.descriptor.gateCount * shape[1] == shape[0]
        })
      else { throw .unknownCell(tensor: name, shape: shape) }
      return (cell, shape[1])
    }
    let (cell, hidden) = try size(layers[0])
    let first = layers[0].name("weight_ih")
    guard let shape = shapes[first] else { throw .missingTensor(first) }
    let inputs = shape.last ?? 0
    let rows = cell.descriptor.gateCount * hidden
    guard inputs > 0 else { throw .wrongShape(tensor: first, found: shape, expected: [rows, 1]) }
    for (index, layer) in layers.enumerated() {
      guard try size(layer) == (cell, hidden) else {
        throw .differentLayers(layers[0].name("weight_hh"), layer.name("weight_hh"))
      }
      try check(layer.name("weight_ih"), [rows, index == 0 ? inputs : hidden], shapes)
      let biases = ["bias_ih", "bias_hh"].map(layer.name)
      // Without biases (bias=False), both are missing.
      guard biases.contains(where: { shapes[$0] != nil }) else { continue }
      for bias in biases { try check(bias, [rows], shapes) }
    }
    guard layers.count <= Model.layerLimit, hidden <= Model.hiddenLimit else {
      throw .tooLarge(layers: layers.count, hidden: hidden)
    }
    return (cell, hidden, inputs)
  }

  private static func check(
    _ name: String, _ shape: [Int], _ shapes: [String: [Int]]
  ) throws(StateDictError.Reason) {
    guard let found = shapes[name] else { throw .missingTensor(name) }
    guard found == shape else { throw .wrongShape(tensor: name, found: found, expected: shape) }
  }

  /// Returns the names of the output projection and of the embedding.
  private static func matrices(
    _ shapes: [String: [Int]], _ layers: [Layer], hidden: Int, inputs: Int, vocabulary: Int,
    _ parts: PartNames
  ) throws(StateDictError.Reason) -> (projection: String, embedding: String?) {
    let recurrent = Set(layers.flatMap { layer in Self.parts.map(layer.name) })
    let matrices = shapes.filter {
      $0.value.count == 2 && !recurrent.contains($0.key) && !parts.ignored.contains($0.key)
    }
    /// Returns the name of the tensor that a name on the command line means.
    func named(_ name: String) throws(StateDictError.Reason) -> String {
      let candidates = [name, name + ".weight"]
      guard let tensor = candidates.first(where: { matrices[$0] != nil }) else {
        throw .missingTensor(name.hasSuffix(".weight") ? name : name + ".weight")
      }
      return tensor
    }
    func checkSize(_ name: String, _ columns: Int) throws(StateDictError.Reason) {
      let shape = shapes[name] ?? []
      guard shape.last == columns else {
        throw .wrongShape(tensor: name, found: shape, expected: [vocabulary, columns])
      }
      guard shape.first == vocabulary else {
        throw .vocabularySize(tensor: name, rows: shape.first ?? 0, vocabulary: vocabulary)
      }
    }
    func candidates(_ columns: Int) -> [String] {
      matrices.keys.filter { matrices[$0]?.last == columns }.sorted()
    }
    var embedding: String?
    if let name = parts.embedding { embedding = try named(name) }
    let projection: String
    if let name = parts.projection {
      projection = try named(name)
    } else {
      var found = candidates(hidden)
      if found.count > 1 { found.removeAll { $0 == embedding } }
      // The embedding has the same shape if e = h, but no bias.
      if found.count > 1 {
        let biased = found.filter { shapes[bias(of: $0)] != nil }
        if !biased.isEmpty { found = biased }
      }
      if found.count > 1 {
        let others = found.filter { !isNameOfEmbedding($0) }
        if !others.isEmpty { found = others }
      }
      guard let first = found.first else { throw .noProjection(hidden: hidden) }
      guard found.count == 1 else { throw .ambiguousProjection(found) }
      projection = first
    }
    try checkSize(projection, hidden)
    if embedding == nil {
      let found = candidates(inputs).filter { $0 != projection }
      if found.count > 1 { throw .ambiguousEmbedding(found) }
      embedding = found.first
      // Tied weights are saved once.
      if embedding == nil, inputs != vocabulary, inputs == hidden { embedding = projection }
    }
    guard let embedding else {
      guard inputs == vocabulary else {
        throw .noEmbedding(inputs: inputs, vocabulary: vocabulary)
      }
      return (projection, nil)
    }
    try checkSize(embedding, inputs)
    return (projection, embedding)
  }

  private static func isNameOfEmbedding(_ name: String) -> Bool {
    ["emb", "encoder", "wte", "lookup"].contains { name.lowercased().contains($0) }
  }

  /// Returns the name of the bias beside a matrix: `head.bias` for `head.weight`.
  private static func bias(of matrix: String) -> String {
    matrix.hasSuffix("weight") ? matrix.dropLast("weight".count) + "bias" : matrix + ".bias"
  }

  /// Checks that every tensor is used.
  private static func checkComplete(
    _ shapes: [String: [Int]], _ layers: [Layer], _ others: [String]
  ) throws(StateDictError.Reason) {
    let used = Set(layers.flatMap { layer in Self.parts.map(layer.name) } + others)
    if let unknown = shapes.keys.filter({ !used.contains($0) }).min() {
      throw .unknownTensor(unknown)
    }
  }
}

import Foundation
import GeulCompute
import GeulExchange
import GeulModel
import GeulStorage
import GeulText
import TestSupport
import Testing

/// Models of PyTorch; Fixtures/README.md says how they were made.
struct StateDictTests {
  /// The models in Fixtures: PyTorch's logits in float64 after each token of a text.
  private struct Expected: Decodable {
    let vocabulary: [String]
    let tokens: [Int32]
    let logits: [String: [[Double]]]
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")

  private static let options: [String: (StateDict.PartNames, Activation)] = [
    "lstm-stacked": (.init(recurrent: ["lstm1", "lstm2"]), .tanh), "rnn-relu": (.init(), .relu),
  ]

  @Test(arguments: [
    "gru-cell", "gru-embedding", "gru-one-hot", "lstm-bfloat16", "lstm-embedding", "lstm-float16",
    "lstm-float64", "lstm-stacked", "lstm-tied", "lstm-without-biases", "rnn-relu",
  ])
  func `logits equal those of PyTorch`(name: String) throws {
    let expected = try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: Self.folder.appending(path: "expected.json")))
    let logits = try #require(expected.logits[name])
    let (parts, activation) = Self.options[name] ?? (.init(), .tanh)
    let path = Self.folder.appending(path: "\(name).safetensors").path
    let vocabulary = try Vocabulary(tokens: expected.vocabulary, unknownID: nil)
    let stateDict = try StateDict(
      SafetensorsFile(contentsOf: path), name: path, vocabulary: vocabulary.count, parts: parts)
    let model = try Model(
      stateDict, activation: activation,
      tokenizer: Tokenizer(unit: .codepoint, normalization: .none), vocabulary: vocabulary)
    var reader = NetworkReader(model, context: try ComputeContext(threads: 1))
    var comparison = Comparison()
    for (token, row) in zip(expected.tokens, logits) {
      for (a, b) in zip(reader.read(Int(token)), row) {
        // The sums before an activation have at most 18 terms up to 0.8 (with ReLU, more): some roundings of 6e-8
        // each, which are carried through at most three layers and eleven steps.
        comparison.add(Double(a), b, bound: 2e-6 * max(1, abs(b)))
      }
    }
    #expect(comparison.holds, "\(comparison)")
  }

  @Test(arguments: CellKind.allCases)
  func `a model of Geul is the state dict of the same model, bit for bit`(cell: CellKind) throws {
    let model = try randomModel(cell, layers: 3, hidden: 7)
    let file = SafetensorsFile(tensors: model.safetensors.tensors)
    let stateDict = try StateDict(file, name: "m", vocabulary: model.network.vocabulary)
    let copy = try Model(
      stateDict, tokenizer: model.metadata.tokenizer, vocabulary: model.metadata.vocabulary)
    #expect(copy.metadata == model.metadata)
    let pairs = zip(
      model.network.tensors(of: model.parameters), copy.network.tensors(of: copy.parameters))
    for (a, b) in pairs {
      #expect(a.name == b.name && firstDifference(a.values, b.values) == nil, "\(a.name)")
    }
  }

  // MARK: Refusals

  /// The tensors of an LSTM with e = h = 2 and v = 3, by name and shape.
  private static let valid: [String: [Int]] = [
    "embedding.weight": [3, 2], "lstm.weight_ih_l0": [8, 2], "lstm.weight_hh_l0": [8, 2],
    "lstm.bias_ih_l0": [8], "lstm.bias_hh_l0": [8], "fc.weight": [3, 2], "fc.bias": [3],
  ]

  private func open(
    _ shapes: [String: [Int]], parts: StateDict.PartNames = .init(), vocabulary: Int = 3
  ) throws(StateDictError) -> StateDict {
    let tensors = shapes.sorted { $0.key < $1.key }.map { name, shape in
      SafetensorsFile.Tensor(
        name, shape: shape, floats: Array(repeating: 0.5, count: shape.reduce(1, *)))
    }
    return try StateDict(
      SafetensorsFile(tensors: tensors), name: "m", vocabulary: vocabulary, parts: parts)
  }

  @Test func `parts of equal shape are told apart by the bias and by their names`() throws {
    let summary =
      "LSTM lstm: 1 x 2 units, embedding embedding.weight [2 values], output projection fc.weight"
    #expect(try open(Self.valid).summary == summary)
    var shapes = Self.valid
    shapes["fc.bias"] = nil
    #expect(try open(shapes).summary == summary)
    shapes["a.weight"] = shapes.removeValue(forKey: "embedding.weight")
    #expect(
      throws: StateDictError(file: "m", reason: .ambiguousProjection(["a.weight", "fc.weight"]))
    ) {
      try open(shapes)
    }
    for parts in [StateDict.PartNames(embedding: "a"), .init(projection: "fc.weight")] {
      #expect(
        try open(shapes, parts: parts).summary
          == summary.replacing("embedding.weight", with: "a.weight"))
    }
  }

  @Test(arguments: [
    (["x.weight": [3, 4]], "has the tensor \"x.weight\""),
    (["norm.weight": [2]], "has the tensor \"norm.weight\""),
    (["lstm.weight_ih_l0_reverse": [8, 2]], "has bidirectional layers"),
    (["lstm.weight_hr_l0": [2, 2]], "has an LSTM with projections"),
    (["b.weight_hh_l0": [8, 2]], "several modules with recurrent layers: \"b\", \"lstm\""),
    (["lstm.weight_ih_l2": [8, 2]], "has no tensor \"lstm.weight_ih_l1\""),
    (["lstm.weight_ih_l1": [8, 2]], "has no tensor \"lstm.weight_hh_l1\""),
    (
      ["lstm.weight_ih_l1": [8, 3], "lstm.weight_hh_l1": [8, 2]],
      "\"lstm.weight_ih_l1\" has shape [8, 3]; the other tensors require [8, 2]"
    ), (["lstm.weight_hh_l0": [10, 2]], "has 1, 3 or 4 times as many rows"),
    (["lstm.weight_ih_l0": [8, 0], "embedding.weight": [3, 0]], "has shape [8, 0]"),
    (["lstm.weight_hh_l0": [0, 0]], "has 1, 3 or 4 times as many rows"),
    (["lstm.weight_ih_l0": [8, 5]], "no embedding of this size"),
    (["lstm.bias_ih_l0": []], "has no tensor \"lstm.bias_ih_l0\""),
    (["fc.weight": [], "fc.bias": []], "but no output projection. If it is both (tied weights)"),
    (["fc.weight": [], "embedding.weight": []], "has no output projection"),
    (["fc.bias": [4]], "\"fc.bias\" has shape [4]"),
    (["fc.weight": [4, 2]], "\"fc.weight\" is for a vocabulary of 4 tokens"),
    (["embedding.weight": [4, 2]], "\"embedding.weight\" is for a vocabulary of 4 tokens"),
    (["other.weight": [3, 2]], "several matrices that may be the embedding"),
  ])
  func `a state dict of another network is refused`(changes: [String: [Int]], problem: String) {
    // An empty shape removes the tensor.
    let shapes = Self.valid.merging(changes) { $1 }.filter { !$0.value.isEmpty }
    let error = #expect(throws: StateDictError.self) { try open(shapes) }
    #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
  }

  @Test func `names of parts that do not exist are refused`() {
    #expect(throws: StateDictError(file: "m", reason: .noModule("gru", others: ["lstm"]))) {
      try open(Self.valid, parts: .init(recurrent: ["gru"]))
    }
    #expect(throws: StateDictError(file: "m", reason: .missingTensor("head.weight"))) {
      try open(Self.valid, parts: .init(projection: "head"))
    }
  }

  @Test func `tied weights are saved once, with the bias of the projection`() throws {
    var shapes = Self.valid
    shapes["fc.weight"] = nil
    let end = "output projection embedding.weight (the same matrix)"
    #expect(try open(shapes).summary.hasSuffix(end))
    shapes["fc.bias"] = nil
    #expect(try open(shapes, parts: .init(projection: "embedding")).summary.hasSuffix(end))
  }

  @Test func `tensors without effect can be left out`() throws {
    let shapes = Self.valid.merging(["norm.weight": [2]]) { $1 }
    #expect(try open(shapes, parts: .init(ignored: ["norm.weight"])).summary.hasPrefix("LSTM"))
  }

  @Test func `elements that are not finite numbers are refused`() throws {
    for tensor in [
      SafetensorsFile.Tensor("fc.bias", shape: [3], floats: [0, .nan, 0]),
      SafetensorsFile.Tensor("fc.bias", shape: [3], values: [0, 1e300, 0] as [Double]),
      SafetensorsFile.Tensor("fc.bias", dtype: .f16, shape: [3], bytes: [0, 0, 0, 0x7C, 0, 0]),
      SafetensorsFile.Tensor("fc.bias", shape: [3], values: [0, 1, 0] as [Int64]),
    ] {
      var shapes = Self.valid
      shapes["fc.bias"] = nil
      let others = shapes.map {
        SafetensorsFile.Tensor(
          $0.key, shape: $0.value, floats: Array(repeating: 0.5, count: $0.value.reduce(1, *)))
      }
      let stateDict = try StateDict(
        SafetensorsFile(tensors: others + [tensor]), name: "m", vocabulary: 3)
      let vocabulary = try Vocabulary(tokens: ["a", "b", "c"], unknownID: nil)
      let error = #expect(throws: StateDictError.self) {
        try Model(stateDict, tokenizer: Tokenizer(), vocabulary: vocabulary)
      }
      #expect(error?.description.contains("\"fc.bias\"") == true)
    }
  }

  @Test func `halves are exact, subnormal numbers included`() throws {
    let bits: [UInt16] = [0x0001, 0x83FF, 0x3C00, 0xC100, 0x7BFF, 0x0400]
    let expected: [Float] = [0x1p-24, -1023 * 0x1p-24, 1, -2.5, 65504, 0x1p-14]
    let bytes = bits.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    #expect(SafetensorsFile.Dtype.f16.floats(bytes) == expected)
  }
}

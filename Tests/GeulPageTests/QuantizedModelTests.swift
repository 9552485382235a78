import GeulCompute
import GeulModel
import GeulPage
import GeulStorage
import GeulText
import GeulTraining
import TestSupport
import Testing

struct QuantizedModelTests {
  /// Returns the tensors of a model by name.
  private static func tensors(of model: Model) -> [String: NamedTensor] {
    Dictionary(
      uniqueKeysWithValues: model.network.tensors(of: model.parameters).map { ($0.name, $0) })
  }

  @Test(
    "Each weight is within half a step of int8 of its value; biases are exact",
    arguments: CellKind.allCases)
  func errorBound(cell: CellKind) throws {
    let model = try randomModel(cell)
    let dequantized = Self.tensors(of: QuantizedModel(model).dequantized)
    for (name, tensor) in Self.tensors(of: model) {
      let values = try #require(dequantized[name]).values
      guard tensor.shape.count == 2 else {
        #expect(values == tensor.values)
        continue
      }
      // A step is at most the largest weight of the matrix / 127, whichever axis has the scales. The product and the
      // sum of the difference are rounded in float32.
      let largest = try #require(tensor.values.map(abs).max())
      let bound = largest / 127 / 2 * (1 + 4 * Float.ulpOfOne) + largest * Float.ulpOfOne
      for (weight, value) in zip(tensor.values, values) { #expect(abs(weight - value) <= bound) }
    }
  }

  @Test("A matrix whose columns differ in size has a scale for each column, and so for rows")
  func axis() throws {
    var model = try randomModel(.rnn, layers: 1, hidden: 12)
    var tensors = model.network.tensors(of: model.parameters)
    for (index, tensor) in tensors.enumerated() where tensor.shape.count == 2 {
      let columns = tensor.shape[1]
      // Matrix 0 grows by a factor of 4 from column to column, the others from row to row.
      tensors[index] = NamedTensor(
        name: tensor.name, shape: tensor.shape,
        values: tensor.values.enumerated().map {
          $1 * Float(1 << 2 * (index == 0 ? $0 % columns : $0 / columns))
        })
    }
    model.parameters = model.network.parameters(from: tensors)
    let file = QuantizedModel(model).safetensors
    for (index, tensor) in tensors.enumerated() where tensor.shape.count == 2 {
      let scale = try file.tensor("\(tensor.name).scale")
      #expect(
        scale.shape == (index == 0 ? [1, tensor.shape[1]] : [tensor.shape[0], 1]), "\(tensor.name)")
    }
  }

  @Test("A matrix of zeros and subnormal weights stay finite")
  func smallWeights() throws {
    var model = try randomModel(.gru)
    for scale in [Float(0), .leastNonzeroMagnitude] {
      model.parameters = model.network.parameters(
        from: model.network.tensors(of: model.parameters).map { tensor in
          NamedTensor(
            name: tensor.name, shape: tensor.shape, values: tensor.values.map { $0 < 0 ? 0 : scale }
          )
        })
      for tensor in Self.tensors(of: QuantizedModel(model).dequantized).values {
        #expect(tensor.values.allSatisfy { $0.isFinite })
      }
    }
  }

  @Test(
    "int8 changes the validation loss of the shipped models by less than 0.002 nats/token",
    arguments: ["english", "korean"])
  func loss(name: String) throws {
    let model = try Model(contentsOf: "checkpoints/\(name).safetensors")
    let corpus = try Corpus(
      contentsOf: "corpora/\(name).txt", options: model.metadata.corpusOptions())
    let context = try ComputeContext()
    func loss(_ model: Model) -> Double {
      Evaluator(model.network, parameters: model.parameters, context: context)
        .loss(corpus, corpus.count * 9 / 10..<corpus.count).natsPerToken
    }
    let (original, quantized) = (loss(model), loss(QuantizedModel(model).dequantized))
    #expect(original < 1.3)
    #expect(abs(quantized - original) < 0.002, "\(original) became \(quantized)")
  }
}

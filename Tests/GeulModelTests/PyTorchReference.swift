import Foundation
import GeulCompute
import GeulModel

/// Reference values computed by PyTorch for a small network; see Fixtures/README.md.
struct PyTorchReference: Decodable {
  let cell: CellKind
  let vocabulary: Int
  let hidden: Int
  let layers: Int
  let length: Int
  let batch: Int
  let learningRate: Float
  let clipGlobalNorm: Double
  /// `[t, b]`, three windows and one more token.
  let tokens: [[Int32]]
  let initial: [String: Values]
  let steps: [Step]

  struct Step: Decodable {
    let lossNats: Double
    let logits: Values?
    let gradients: [String: Values]?
    let gradientNorm: Double
    let stateH: Values
    let stateC: Values?
    let weightsAfter: [String: Values]?
  }

  /// Numbers in arrays nested to any depth, in order.
  struct Values: Decodable {
    let flat: [Double]

    init(from decoder: any Decoder) throws {
      if var list = try? decoder.unkeyedContainer() {
        var flat: [Double] = []
        while !list.isAtEnd { flat += try list.decode(Values.self).flat }
        self.flat = flat
      } else {
        flat = [try decoder.singleValueContainer().decode(Double.self)]
      }
    }
  }

  static func load(_ cell: CellKind) throws -> PyTorchReference {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/\(cell.rawValue).json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(PyTorchReference.self, from: Data(contentsOf: url))
  }

  var network: Network {
    Network(Architecture(cell: cell, layers: layers, hidden: hidden), vocabulary: vocabulary)
  }

  /// Returns tensors under the network's names; the names in the file lack the module's.
  func named(_ values: [String: Values], _ network: Network) -> [NamedTensor] {
    network.tensorShapes.map { name, shape in
      let short = name.hasPrefix("decoder") ? name : String(name.dropFirst(cell.rawValue.count + 1))
      let flat = values[short]?.flat ?? Array(repeating: 0, count: shape.reduce(1, *))
      return NamedTensor(name: name, shape: shape, values: flat.map(Float.init))
    }
  }
}

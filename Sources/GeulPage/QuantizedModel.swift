package import GeulModel
package import GeulStorage

/// A model whose weight matrices are stored as int8 with a scale for each row or for each column.
///
///     W[i, j] = Q[i, j] * scale[i]  or  Q[i, j] * scale[j],  Q in -127...127
///
/// The scale makes the largest absolute value of a row or column 127. Of both axes, the one with the smaller squared error
/// is used. The tensor `NAME` has the element type I8, and `NAME.scale` has the scales as `[rows, 1]` or `[1, columns]`.
/// Biases stay float32.
package struct QuantizedModel {
  private let model: Model
  private let tensors: [(tensor: NamedTensor, matrix: QuantizedMatrix?)]

  /// Quantizes a model.
  package init(_ model: Model) {
    self.model = model
    tensors = model.network.tensors(of: model.parameters).map { tensor in
      guard tensor.shape.count == 2 else { return (tensor, nil) }
      let (rows, columns) = (tensor.shape[0], tensor.shape[1])
      let candidates = [true, false].map {
        QuantizedMatrix(tensor.values, rows: rows, columns: columns, isScaledByRow: $0)
      }
      return (tensor, candidates.min { $0.squaredError < $1.squaredError })
    }
  }

  /// The contents of a model file with I8 tensors.
  package var safetensors: SafetensorsFile {
    SafetensorsFile(
      metadata: model.safetensors.metadata,
      tensors: tensors.flatMap { tensor, matrix in
        guard let matrix else {
          return [
            SafetensorsFile.Tensor(tensor.name, shape: tensor.shape, floats: tensor.values)
          ]
        }
        return [
          SafetensorsFile.Tensor(tensor.name, shape: tensor.shape, values: matrix.values),
          SafetensorsFile.Tensor(
            "\(tensor.name).scale", shape: matrix.scaleShape, floats: matrix.scales),
        ]
      })
  }

  /// The model with the weights that the int8 values stand for.
  package var dequantized: Model {
    let tensors = tensors.map { tensor, matrix in
      NamedTensor(
        name: tensor.name, shape: tensor.shape, values: matrix?.dequantized ?? tensor.values)
    }
    return Model(model.metadata, parameters: model.network.parameters(from: tensors))
  }
}

/// A row-major matrix of int8 values with a scale for each row or for each column.
private struct QuantizedMatrix {
  let values: [Int8]
  let scales: [Float]
  /// The sum of the squared differences to the original values.
  let squaredError: Double
  private let columns: Int
  private let isScaledByRow: Bool

  init(_ weights: [Float], rows: Int, columns: Int, isScaledByRow: Bool) {
    func scaleIndex(_ index: Int) -> Int { isScaledByRow ? index / columns : index % columns }
    var largest = [Float](repeating: 0, count: isScaledByRow ? rows : columns)
    for (index, weight) in weights.enumerated() {
      largest[scaleIndex(index)] = max(largest[scaleIndex(index)], abs(weight))
    }
    let scales = largest.map { $0 > 0 ? $0 / 127 : 1 }
    var error = 0.0
    values = weights.enumerated().map { index, weight in
      let scale = scales[scaleIndex(index)]
      // A subnormal scale may be rounded so much that the quotient exceeds 127.
      let value = Int8(min(127, max(-127, (weight / scale).rounded())))
      let difference = Double(weight) - Double(Float(value) * scale)
      error += difference * difference
      return value
    }
    squaredError = error
    (self.scales, self.columns, self.isScaledByRow) = (scales, columns, isScaledByRow)
  }

  var scaleShape: [Int] { isScaledByRow ? [scales.count, 1] : [1, scales.count] }

  var dequantized: [Float] {
    values.enumerated().map { index, value in
      Float(value) * scales[isScaledByRow ? index / columns : index % columns]
    }
  }
}

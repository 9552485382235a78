/// A dense matrix stored by rows: `[rowCount, columnCount]`.
struct RowMatrix: Sendable {
  let rowCount: Int
  let columnCount: Int
  private let values: [Float]

  /// Creates the transpose of a row-major matrix `[columnCount, rowCount]`.
  init(transposing matrix: [Float], rowCount: Int) {
    self.rowCount = rowCount
    columnCount = matrix.count / rowCount
    var values = [Float](repeating: 0, count: matrix.count)
    for column in 0..<columnCount {
      for row in 0..<rowCount {
        values[row * columnCount + column] = matrix[column * rowCount + row]
      }
    }
    self.values = values
  }

  /// Adds `factor` times a row to `sums`, `[columnCount]`.
  func addRow(_ row: Int, scaledBy factor: Float, to sums: inout [Float]) {
    let row = values.span.extracting(row * columnCount..<(row + 1) * columnCount)
    var sums = sums.mutableSpan
    for index in row.indices { sums[index] += factor * row[index] }
  }

  /// Returns the dot product of a row and a vector, `[columnCount]`.
  func dotProduct(_ row: Int, _ vector: [Float]) -> Float {
    let row = values.span.extracting(row * columnCount..<(row + 1) * columnCount)
    let vector = vector.span
    var sums = SIMD8<Float>.zero
    var index = 0
    while index + 8 <= row.count {
      for element in 0..<8 { sums[element] += row[index + element] * vector[index + element] }
      index += 8
    }
    var sum = sums.sum()
    while index < row.count {
      sum += row[index] * vector[index]
      index += 1
    }
    return sum
  }
}

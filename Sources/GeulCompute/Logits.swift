/// The logits of `rows` positions, `[r, v]`, stored in panels over the rows.
///
/// Unchecked: one thread uses it at a time.
public final class Logits: @unchecked Sendable {
  /// The maximum number of rows: `t x b` of a window.
  public let rows: Int
  /// The number of tokens of the vocabulary: `v`.
  public let vocabulary: Int
  /// The logits of the rows in use; after `crossEntropy` in float32, their gradients.
  let values: FixedBuffer<Float>
  /// The gradients in bfloat16; empty in float32.
  let bfloat16Gradients: ElementBuffer
  /// The number of rows in use.
  public internal(set) var usedRows = 0

  /// Allocates the logits of `rows` rows.
  public init(rows: Int, vocabulary: Int, precision: Precision, backward: Bool) {
    self.rows = rows
    self.vocabulary = vocabulary
    values = FixedBuffer(zeros: rows * padded(vocabulary))
    bfloat16Gradients = ElementBuffer(
      zeros: backward && precision == .bfloat16 ? values.count : 0, .bfloat16)
  }

  /// Adds the gradients of other logits of the same positions and tokens.
  public func addGradients(of other: Logits) {
    precondition(
      (usedRows, vocabulary) == (other.usedRows, other.vocabulary)
        && bfloat16Gradients.count == other.bfloat16Gradients.count,
      "the logits have the shape [\(usedRows), \(vocabulary)], the others [\(other.usedRows), \(other.vocabulary)]"
    )
    let count = usedRows * padded(vocabulary)
    if bfloat16Gradients.count == 0 {
      values.add(other.values, count: count)
    } else {
      bfloat16Gradients.addBFloat16(other.bfloat16Gradients, count: count)
    }
  }

  /// Copies the logits of one row to `logits`, `[v]`.
  public func copy(row: Int, to logits: inout [Float]) {
    precondition(row < usedRows, "row \(row) is not in 0..<\(usedRows)")
    if logits.count != vocabulary { logits = Array(repeating: 0, count: vocabulary) }
    for panel in Panels(width: padded(vocabulary)) {
      let base = usedRows * panel.start + row * panel.width
      for column in 0..<min(panel.width, vocabulary - panel.start) {
        logits[panel.start + column] = values[base + column]
      }
    }
  }
}

/// The panels of columns without gates: 64 columns each, and 16 for the remaining columns.
struct Panels: Sequence, IteratorProtocol {
  let width: Int
  private var nextStart = 0

  init(width: Int) { self.width = width }

  mutating func next() -> (start: Int, width: Int)? {
    guard nextStart < width else { return nil }
    let isWhole = width - nextStart >= 4 * columnBlockWidth
    let panel = (start: nextStart, width: isWhole ? 4 * columnBlockWidth : columnBlockWidth)
    nextStart += panel.width
    return panel
  }
}

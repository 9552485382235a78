internal import CGeulKernels

/// Which of a portion's numbers dropout zeroes: a function of the key, the time, the row's place in the whole
/// batch and the unit; not of how the batch is cut.
public struct Dropout: Sendable {
  /// The share of units that are zeroed; the rest are scaled by 1 / (1 - rate).
  public var rate: Float
  /// Differs for each step and layer.
  public var key: UInt64
  /// The place of the portion's first row in the batch.
  public var firstRow: Int

  /// A mask.
  public init(rate: Float, key: UInt64, firstRow: Int) {
    self.rate = rate
    self.key = key
    self.firstRow = firstRow
  }
}

extension Kernels {
  /// Writes `operands` from `offset` on, `[t, b, h]`, to `out` with some of them zeroed.
  public func apply(
    _ dropout: Dropout, to operands: ElementBuffer, offset: Int,
    shape: (length: Int, rows: Int, width: Int),
    into out: inout ElementBuffer
  ) {
    let count = shape.length * shape.rows * shape.width
    require("operands", operands.count - offset, atLeast: count)
    require("out", out.count, atLeast: count)
    withExtendedLifetime(operands) {
      unsafe trainingKernels(operands.precision).pointee.dropout_forward(
        out.mutablePointer(), operands.pointer(at: offset), shape.length, shape.rows, shape.width,
        dropout.firstRow, dropout.key, dropout.rate)
    }
  }

  /// Takes the gradient `[t, b, h]` back through the same mask, in place.
  public func apply(
    _ dropout: Dropout, toGradient d: inout Buffer<Float>,
    shape: (length: Int, rows: Int, width: Int)
  ) {
    require("d", d.count, atLeast: shape.length * shape.rows * shape.width)
    unsafe functions.dropout_backward(
      d.mutablePointer(), shape.length, shape.rows, shape.width, dropout.firstRow, dropout.key,
      dropout.rate)
  }
}

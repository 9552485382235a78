internal import CGeulKernels

/// The dropout mask of one layer of a batch shard.
///
/// Source: Srivastava et al. 2014.
///
/// The mask is a function of the key, the time step, the row in the whole batch and the hidden unit, so it does not
/// depend on the partition of the batch.
public struct Dropout: Sendable {
  /// The probability that an output is set to zero; the others are multiplied by 1 / (1 - rate).
  public var rate: Float
  /// The key of the hash, which differs for each training step and layer.
  public var key: UInt64
  /// The index, in the batch, of the shard's first row.
  public var firstRow: Int

  /// Creates a mask.
  public init(rate: Float, key: UInt64, firstRow: Int) {
    self.rate = rate
    self.key = key
    self.firstRow = firstRow
  }
}

extension Kernels {
  /// Computes the output after dropout, `[t, b, h]`, of the first `length` steps.
  public func apply(_ dropout: Dropout, to activations: LayerActivations, length: Int) {
    let (rows, width) = (activations.rows, activations.width)
    require("dropout", activations.dropped.count, atLeast: length * rows * width)
    require("hidden", activations.hidden.count, atLeast: (length + 1) * rows * width)
    unsafe training(activations.precision).dropout_forward(
      activations.dropped.mutablePointer(), activations.hidden.pointer(at: rows * width), length,
      rows, width, dropout.firstRow, dropout.key, dropout.rate)
  }

  /// Multiplies the gradient of the output, `[t, b, h]`, by the same mask.
  public func apply(
    _ dropout: Dropout, toGradient d: inout Buffer<Float>,
    shape: (length: Int, rows: Int, width: Int)
  ) {
    require("d", d.count, atLeast: shape.length * shape.rows * shape.width)
    let values = unsafe d.mutablePointer()
    unsafe training(.float32).dropout_forward(
      values, values, shape.length, shape.rows, shape.width, dropout.firstRow, dropout.key,
      dropout.rate)
  }
}

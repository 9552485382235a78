internal import CGeulKernels

/// The dropout mask of a layer of a batch shard.
///
/// Source: Srivastava et al. 2014.
///
/// The mask is a function of the key, the step, the row of the whole batch and the hidden unit, so it does not depend on
/// how the batch is partitioned.
public struct Dropout: Sendable {
  /// The fraction of outputs that become zero; the others are scaled by 1 / (1 - rate).
  public var rate: Float
  /// A number that differs for each training step and layer.
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
  /// Computes the output after dropout of the first `length` steps.
  public func apply(_ dropout: Dropout, to activations: LayerActivations, length: Int) {
    let (rows, width) = (activations.rows, activations.width)
    require("dropout", activations.dropped.count, atLeast: length * rows * width)
    require("hidden", activations.hidden.count, atLeast: (length + 1) * rows * width)
    unsafe training(activations.precision).dropout_forward(
      activations.dropped.mutablePointer(), activations.hidden.pointer(at: rows * width), length,
      rows, width, dropout.firstRow, dropout.key, dropout.rate)
  }

  /// Multiplies the gradient `[t, b, h]` by the same mask.
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

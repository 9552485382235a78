internal import CGeulKernels

/// A matrix in the order in which products read it.
public struct PackedMatrix: Sendable {
  /// `[depth, gates, width]` of the matrix.
  public let slot: ParameterSlot
  /// How wide its numbers are.
  public let precision: Precision
  /// For products over its depth: bytes that only the kernels can read.
  var forward: Buffer<UInt8>
  /// For products over its columns; nil where no gradient goes back through it.
  var backward: ElementBuffer?

  /// Room for the matrix of `slot`, not yet filled.
  public init(_ slot: ParameterSlot, _ precision: Precision, backward: Bool) {
    self.slot = slot
    self.precision = precision
    let count = padded(slot.depth) * slot.stride
    let scales = precision == .int8 ? slot.stride * MemoryLayout<Float>.stride : 0
    forward = Buffer(zeros: count * precision.weightBytes + scales)
    self.backward = backward ? ElementBuffer(zeros: count, precision) : nil
  }
}

extension Kernels {
  /// Fills a packed matrix from the arena that its slot lies in; to be called whenever parameters have changed.
  public func pack(_ matrix: inout PackedMatrix, from arena: ParameterStorage) {
    let slot = matrix.slot
    require("arena", arena.values.count, atLeast: slot.range.upperBound)
    let shape = geul_matrix(depth: slot.depth, gates: slot.gates, width: slot.width)
    withExtendedLifetime(arena) {
      let weights = unsafe arena.values.pointer + slot.offset
      unsafe inferenceKernels(matrix.precision).pointee.pack_forward(
        matrix.forward.mutablePointer(), weights, shape)
      if let backward = unsafe matrix.backward?.mutablePointer() {
        unsafe trainingKernels(matrix.precision).pointee.pack_backward(backward, weights, shape)
      }
    }
  }
}

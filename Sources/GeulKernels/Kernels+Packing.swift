internal import CGeulKernels

/// A matrix in the order in which products read it.
public struct PackedMatrix: Sendable {
  /// `[depth, gates, width]` of the matrix.
  public let slot: Slot
  /// For products over its depth.
  var forward: Operands
  /// For products over its columns; nil where no gradient goes back through it.
  var backward: Operands?

  /// Room for the matrix of `slot`, not yet filled.
  public init(_ slot: Slot, _ precision: Precision, backward: Bool) {
    self.slot = slot
    forward = Operands(zeros: padded(slot.depth) * slot.stride, precision)
    self.backward =
      backward ? Operands(zeros: padded(slot.depth) * slot.stride, precision) : nil
  }

  /// How wide its numbers are.
  public var precision: Precision { forward.precision }
}

extension Kernels {
  /// Fills a packed matrix from the arena that its slot lies in; to be called whenever parameters have changed.
  public func pack(_ matrix: inout PackedMatrix, from arena: Arena) {
    let slot = matrix.slot
    require("arena", arena.values.count, atLeast: slot.range.upperBound)
    let functions = functions(matrix.precision)
    let shape = geul_matrix(depth: slot.depth, groups: slot.gates, width: slot.width)
    withExtendedLifetime(arena) {
      let weights = unsafe arena.values.pointer + slot.offset
      unsafe functions.pack_forward(matrix.forward.mutablePointer(), weights, shape)
      if let backward = unsafe matrix.backward?.mutablePointer() {
        unsafe functions.pack_backward(backward, weights, shape)
      }
    }
  }
}

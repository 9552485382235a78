internal import CGeulKernels

/// A weight matrix packed into micro-panels, in the order in which the micro-kernels read it.
///
/// Unchecked: nothing reads it while `Kernels.pack` writes it.
public final class PackedMatrix: @unchecked Sendable {
  /// The matrix, `[depth, gates, width]`.
  public let slot: ParameterSlot
  /// The precision of the packed weights.
  public let precision: Precision
  /// The matrix packed for products over the depth, in a format that only the kernels read.
  let forward: FixedBuffer<UInt8>
  /// The matrix packed for products over the columns; empty if it is for inference only.
  let backward: ElementBuffer

  /// Allocates the packed form of a matrix; pass true for `backward` to propagate gradients through it.
  public init(_ slot: ParameterSlot, _ precision: Precision, backward: Bool) {
    self.slot = slot
    self.precision = precision
    let count = padded(slot.depth) * slot.stride
    let scales = precision == .int8 ? slot.stride * MemoryLayout<Float>.stride : 0
    forward = FixedBuffer(zeros: count * precision.weightBytes + scales)
    self.backward = ElementBuffer(zeros: backward ? count : 0, precision)
  }
}

extension Kernels {
  /// Packs a matrix of the parameters; call this whenever they have changed.
  public func pack(_ matrix: PackedMatrix, from parameters: ParameterStorage) {
    let slot = matrix.slot
    require("parameters", parameters.values.count, atLeast: slot.range.upperBound)
    let shape = geul_matrix(depth: slot.depth, gates: slot.gates, width: slot.width)
    withExtendedLifetime(parameters) {
      let weights = unsafe parameters.values.pointer + slot.offset
      unsafe inference(matrix.precision).pack_forward(
        matrix.forward.pointer, weights, shape)
      if matrix.backward.count > 0 {
        unsafe training(matrix.precision).pack_backward(
          matrix.backward.mutablePointer(), weights, shape)
      }
    }
  }
}

/// The parameters of a recurrent layer in the form that kernels read: parameter slots and packed matrices.
///
/// A class, so that a step of generation retains one object instead of each slot and matrix.
public final class PackedLayer: Sendable {
  /// The kind of the layer.
  public let cell: CellKind
  /// The embedding table, `[v, gates, h]`, or the input matrix, `[i, gates, h]`.
  public let input: ParameterSlot
  /// The bias, `[gates, h]`.
  public let bias: ParameterSlot
  /// The bias of the recurrent products, `[gates, h]`; nil for kinds without one.
  public let recurrentBias: ParameterSlot?
  /// The packed input matrix; nil for the first layer, which looks up rows of the embedding table.
  public let packedInput: PackedMatrix?
  /// The packed recurrent matrix, `[h, gates, h]`.
  public let packedRecurrent: PackedMatrix
  /// The activation function of a vanilla RNN cell.
  public let activation: Activation

  /// Creates the description of a layer.
  public init(
    cell: CellKind, input: ParameterSlot, bias: ParameterSlot, recurrentBias: ParameterSlot?,
    packedInput: PackedMatrix?, packedRecurrent: PackedMatrix, activation: Activation = .tanh
  ) {
    self.cell = cell
    self.input = input
    self.bias = bias
    self.recurrentBias = recurrentBias
    self.packedInput = packedInput
    self.packedRecurrent = packedRecurrent
    self.activation = activation
  }

  /// The number of hidden units, padded.
  public var width: Int { packedRecurrent.slot.width }

  /// The size in bytes of the packed weights that a step reads.
  var weightBytes: Int { packedRecurrent.forward.count + (packedInput?.forward.count ?? 0) }

  /// The end of the layer's slots in the parameter storage.
  var parameterEnd: Int {
    max(input.range.upperBound, bias.range.upperBound, recurrentBias?.range.upperBound ?? 0)
  }
}

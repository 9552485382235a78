internal import CGeulKernels

/// A weight matrix in the order in which the micro-kernels read it: micro-panels of 64 columns.
///
/// Unchecked: `Kernels.pack` writes it while nothing reads it.
public final class PackedMatrix: @unchecked Sendable {
  /// The matrix, `[depth, gates, width]`.
  public let slot: ParameterSlot
  /// The precision of the packed weights.
  public let precision: Precision
  /// For products over the depth: bytes that only the kernels can read.
  let forward: FixedBuffer<UInt8>
  /// For products over the columns; empty where no gradient is propagated through the matrix.
  let backward: ElementBuffer

  /// Allocates the packed form of a matrix; `backward` tells whether gradients will be propagated through it.
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
  /// Packs a matrix from the parameters; to be called whenever they have changed.
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

/// The parameters of a recurrent layer as a kernel reads them: slots of the parameter storage and packed matrices.
public struct PackedLayer: Sendable {
  /// The kind of the layer.
  public let cell: CellKind
  /// `[v, gates, h]` for the layer that reads tokens, `[i, gates, h]` for the others.
  public let input: ParameterSlot
  /// The bias, `[gates, h]`.
  public let bias: ParameterSlot
  /// The bias of the products with the hidden state, `[gates, h]`; nil for kinds without.
  public let recurrentBias: ParameterSlot?
  /// The input's matrix; nil where the input is tokens, whose rows are looked up.
  public let packedInput: PackedMatrix?
  /// The hidden state's matrix, `[h, gates, h]`.
  public let packedRecurrent: PackedMatrix
  /// The activation function of a vanilla cell.
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

  /// `h`, padded.
  public var width: Int { packedRecurrent.slot.width }

  /// The bytes of packed weights that a step reads.
  var weightBytes: Int { packedRecurrent.forward.count + (packedInput?.forward.count ?? 0) }

  /// The end of its slots in the parameter storage.
  var parameterEnd: Int {
    max(input.range.upperBound, bias.range.upperBound, recurrentBias?.range.upperBound ?? 0)
  }
}

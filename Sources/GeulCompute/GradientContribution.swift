internal import CGeulKernels

/// What one portion of the batch adds to the gradient of a matrix: the sum over its rows of a[r] d[r].
public struct GradientContribution: Sendable {
  /// Steps of the window, and rows of each.
  let length: Int, rows: Int
  let factor: Factor
  /// Panels over the rows.
  let d: ElementBuffer
  /// Where in a panel's 64 columns this matrix's begin.
  let panelOffset: Int

  enum Factor: Sendable {
    /// `[r, k]` from a place on.
    case operands(ElementBuffer, offset: Int, stride: Int)
    /// A one for each row: the gradient of a bias.
    case ones
    /// The rows of a table that were looked up.
    case tokens(Buffer<Int32>)
  }

  /// As a kernel reads it: in some panels, of a matrix from row `first` of its depth on.
  ///
  /// Who calls keeps it alive meanwhile.
  func share(_ panels: PanelRun, from first: Int) -> geul_gradient_contribution {
    var share = unsafe geul_gradient_contribution()
    let places = length * rows
    require("d", d.count, atLeast: places * (panels.column + panels.count * panels.columns))
    unsafe share.rows = rows
    unsafe share.d = d.pointer(at: places * panels.column + panelOffset)
    switch factor {
    case .operands(let a, let offset, let stride):
      require("a", a.count, atLeast: offset + places * stride)
      unsafe (share.a, share.a_stride) = (a.pointer(at: offset + first), stride)
    case .ones: break
    case .tokens(let tokens):
      require("tokens", tokens.count, atLeast: places)
      unsafe share.tokens = tokens.pointer
    }
    return unsafe share
  }
}

/// The gradient of one tensor: the sum over the steps of a window, and in each over the batch, however it is cut.
public struct TensorGradient: Sendable {
  let slot: ParameterSlot
  let sources: [GradientContribution]

  /// The gradient of `slot`, with the shares of the portions.
  public init(_ slot: ParameterSlot, sources: [GradientContribution]) {
    self.slot = slot
    self.sources = sources
  }
}

/// The gradients that are sums of the same rows d: that of a matrix, and those of biases and tables, which are made while
/// the rows are near.
public struct MatrixGradient: Sendable {
  let slot: ParameterSlot
  let sources: [GradientContribution]
  let gated: Bool
  let riders: [TensorGradient]

  /// - Parameters:
  ///   - matrix: the gradient of the matrix.
  ///   - gated: whether its columns are gates of units, which lie in panels of 16 units each.
  ///   - riders: those of biases and tables.
  public init(_ matrix: TensorGradient, gated: Bool, riders: [TensorGradient]) {
    slot = matrix.slot
    sources = matrix.sources
    self.gated = gated
    self.riders = riders
    for tensor in [matrix] + riders {
      precondition(
        tensor.slot.stride == slot.stride, "\(tensor.slot.stride) columns beside \(slot.stride)")
      precondition(
        tensor.sources.elementsEqual(sources) {
          $0.rows == $1.rows && $0.length == sources[0].length && $0.rows > 0
        }, "a share of each portion")
    }
    precondition(
      !sources.isEmpty
        && sources.allSatisfy { if case .operands = $0.factor { true } else { false } },
      "a matrix is made of operands")
  }
}

internal import CGeulKernels

/// The gradients of pre-activations in panels over rows, from which the gradients of weights are computed.
protocol PanelGradients: AnyObject, Sendable {
  /// The precision of the gradients.
  var gradientPrecision: Precision { get }
  /// The number of elements.
  var gradientCount: Int { get }
  /// Returns the address of the element at `index`, valid while the owner is alive and unchanged.
  func gradientPointer(at index: Int) -> UnsafeRawPointer
}

extension LayerActivations: PanelGradients {
  var gradientPrecision: Precision { bfloat16Gradients.count > 0 ? .bfloat16 : .float32 }
  var gradientCount: Int { gates.count }
  func gradientPointer(at index: Int) -> UnsafeRawPointer {
    bfloat16Gradients.count > 0
      ? unsafe bfloat16Gradients.pointer(at: index) : unsafe UnsafeRawPointer(gates.pointer + index)
  }
}

extension Logits: PanelGradients {
  var gradientPrecision: Precision { bfloat16Gradients.count > 0 ? .bfloat16 : .float32 }
  var gradientCount: Int { values.count }
  func gradientPointer(at index: Int) -> UnsafeRawPointer {
    bfloat16Gradients.count > 0
      ? unsafe bfloat16Gradients.pointer(at: index)
      : unsafe UnsafeRawPointer(values.pointer + index)
  }
}

/// The contribution of one batch shard to the gradient of a tensor: the sum over its rows of a[r] d[r].
public struct GradientContribution: Sendable {
  /// The number of steps of the window, and the number of rows of each step.
  let length: Int, rows: Int
  let factor: Factor
  let gradients: any PanelGradients
  /// The first of a panel's 64 columns that belongs to this tensor.
  let panelOffset: Int

  /// The factor a of the sum.
  enum Factor: Sendable {
    /// h_{t-1}, the hidden state before each step.
    case hiddenBefore(LayerActivations)
    /// The output of a layer, after dropout.
    case output(LayerActivations)
    /// 1 for each row: the contribution to the gradient of a bias.
    case ones
    /// A one-hot vector for each row: the contribution to the gradient of an embedding table.
    case tokens(Buffer<Int32>)
  }

  /// Returns the kernel's argument for some panels of a matrix, from row `first` of its depth on.
  ///
  /// The caller keeps the contribution alive while the argument is in use.
  func kernelArgument(_ panels: PanelRun, from first: Int) -> geul_gradient_contribution {
    var argument = unsafe geul_gradient_contribution()
    let count = length * rows
    require(
      "gradients", gradients.gradientCount,
      atLeast: count * (panels.column + panels.count * panels.columns))
    unsafe argument.rows = rows
    unsafe argument.d = gradients.gradientPointer(at: count * panels.column + panelOffset)
    switch factor {
    case .hiddenBefore(let layer):
      require("hidden", layer.hidden.count, atLeast: count * layer.width)
      unsafe (argument.a, argument.a_stride) = (layer.hidden.pointer(at: first), layer.width)
    case .output(let layer):
      require("output", layer.outputCount, atLeast: count * layer.width)
      let bytes = first * layer.precision.elementBytes
      unsafe (argument.a, argument.a_stride) = (layer.outputPointer + bytes, layer.width)
    case .ones: break
    case .tokens(let tokens):
      require("tokens", tokens.count, atLeast: count)
      unsafe argument.tokens = tokens.pointer
    }
    return unsafe argument
  }
}

extension GradientContribution {
  /// Returns the contributions of a shard to the gradients of a layer: of the input matrix or embedding table, of the
  /// recurrent matrix, and of the bias, or both biases if the recurrent products have their own.
  public static func layer(
    _ activations: LayerActivations, input: LayerInput
  ) -> (
    input: GradientContribution, recurrent: GradientContribution, biases: [GradientContribution]
  ) {
    let descriptor = activations.cell.descriptor
    func contribution(_ factor: Factor, _ panelOffset: Int) -> GradientContribution {
      GradientContribution(
        length: activations.length, rows: activations.rows, factor: factor,
        gradients: activations, panelOffset: panelOffset)
    }
    let offset = descriptor.recurrentPanelOffset
    let factor: Factor =
      switch input {
      case .tokens(let tokens): .tokens(tokens)
      case .output(let below): .output(below)
      }
    return (
      contribution(factor, 0), contribution(.hiddenBefore(activations), offset),
      [contribution(.ones, 0)] + (descriptor.hasRecurrentBias ? [contribution(.ones, offset)] : [])
    )
  }

  /// Returns the contributions of a shard to the gradients of the output projection's matrix and bias, for a window of
  /// `length` steps.
  public static func projection(
    _ logits: Logits, length: Int, output: LayerActivations
  ) -> (weight: GradientContribution, bias: GradientContribution) {
    func contribution(_ factor: Factor) -> GradientContribution {
      GradientContribution(
        length: length, rows: logits.usedRows / length, factor: factor, gradients: logits,
        panelOffset: 0)
    }
    return (contribution(.output(output)), contribution(.ones))
  }
}

/// The gradient of one tensor: the sum over the steps of a window and over all shards of the batch.
public struct TensorGradient: Sendable {
  let slot: ParameterSlot
  let contributions: [GradientContribution]

  /// Creates the gradient of the tensor at `slot` from the contributions of all shards.
  public init(_ slot: ParameterSlot, _ contributions: [GradientContribution]) {
    self.slot = slot
    self.contributions = contributions
  }
}

/// The gradient of a matrix with its fused reductions: the gradients of biases and embedding tables, which sum the same
/// rows and are computed while these are in cache.
public struct MatrixGradient: Sendable {
  let slot: ParameterSlot
  let contributions: [GradientContribution]
  let fusedReductions: [TensorGradient]

  /// Combines the gradient of a matrix with those of biases and embedding tables.
  public init(_ matrix: TensorGradient, fusedReductions: [TensorGradient]) {
    slot = matrix.slot
    contributions = matrix.contributions
    self.fusedReductions = fusedReductions
    for tensor in [matrix] + fusedReductions {
      precondition(
        tensor.slot.stride == slot.stride,
        "fused tensors must have the \(slot.stride) columns of the matrix, one has \(tensor.slot.stride)"
      )
      precondition(
        tensor.contributions.elementsEqual(contributions) {
          $0.rows == $1.rows && $0.length == contributions[0].length && $0.rows > 0
        }, "each tensor must have one contribution per shard, of equal length and rows")
    }
    precondition(
      !contributions.isEmpty
        && contributions.allSatisfy {
          switch $0.factor {
          case .hiddenBefore, .output: true
          case .ones, .tokens: false
          }
        }, "the contributions to the gradient of a matrix must be products")
  }
}

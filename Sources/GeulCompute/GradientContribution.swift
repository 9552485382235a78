internal import CGeulKernels

/// The gradients of pre-activations in panels over rows, as the gradients of weights are made from them.
protocol PanelGradients: AnyObject, Sendable {
  /// The precision of the gradients.
  var gradientPrecision: Precision { get }
  /// The number of gradients.
  var gradientCount: Int { get }
  /// The address of the gradient at `index`, valid while the owner is alive and unchanged.
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
  /// The steps of the window, and the rows of each.
  let length: Int, rows: Int
  let factor: Factor
  let gradients: any PanelGradients
  /// The first of a panel's 64 columns that belongs to this tensor.
  let panelOffset: Int

  /// The factor a of the sum.
  enum Factor: Sendable {
    /// h_{t-1}: the hidden states before each step.
    case hiddenBefore(LayerActivations)
    /// The output of a layer, after dropout.
    case output(LayerActivations)
    /// One for each row: the gradient of a bias.
    case ones
    /// The rows of a table that were looked up.
    case tokens(Buffer<Int32>)
  }

  /// The contribution as a kernel reads it, for some panels of a matrix from row `first` of its depth on.
  ///
  /// The caller keeps the contribution alive meanwhile.
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
  /// The contributions of a shard to the gradients of a layer: its input's matrix (or table), its hidden state's, and its
  /// biases (one, or two where the recurrent products have their own).
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

  /// The contributions of a shard to the gradients of the output projection, its matrix and its bias, for a window of
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

  /// The gradient of `slot` from the contributions of the shards.
  public init(_ slot: ParameterSlot, _ contributions: [GradientContribution]) {
    self.slot = slot
    self.contributions = contributions
  }
}

/// The gradient of a matrix with its fused reductions: the gradients of biases and tables that sum the same rows, made
/// while these are in cache.
public struct MatrixGradient: Sendable {
  let slot: ParameterSlot
  let contributions: [GradientContribution]
  let fusedReductions: [TensorGradient]

  /// Combines the gradients of a matrix and of biases and tables.
  public init(_ matrix: TensorGradient, fusedReductions: [TensorGradient]) {
    slot = matrix.slot
    contributions = matrix.contributions
    self.fusedReductions = fusedReductions
    for tensor in [matrix] + fusedReductions {
      precondition(
        tensor.slot.stride == slot.stride,
        "a fused tensor has \(tensor.slot.stride) columns, its matrix \(slot.stride)")
      precondition(
        tensor.contributions.elementsEqual(contributions) {
          $0.rows == $1.rows && $0.length == contributions[0].length && $0.rows > 0
        }, "a contribution of each shard")
    }
    precondition(
      !contributions.isEmpty
        && contributions.allSatisfy {
          switch $0.factor {
          case .hiddenBefore, .output: true
          case .ones, .tokens: false
          }
        }, "the gradient of a matrix is a product")
  }
}

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

/// The contribution of some sequences of a batch shard to the gradient of a tensor: the sum over their rows r of a[r] d[r].
public struct GradientContribution: Sendable {
  /// The number of steps of the window, and the number of rows of each step in the shard.
  let length: Int, stepRows: Int
  /// The rows of each step that contribute.
  let rows: Range<Int>
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
    /// 1 for each row: the contribution to the gradient of a bias or of an embedding table.
    case ones
  }

  /// Returns the kernel's argument for some panels of a matrix, from row `first` of its depth on.
  ///
  /// The caller keeps the contribution alive while the argument is in use.
  func kernelArgument(_ panels: PanelRun, from first: Int) -> geul_gradient_contribution {
    var argument = unsafe geul_gradient_contribution()
    let count = length * stepRows
    require(
      "gradients", gradients.gradientCount,
      atLeast: count * (panels.column + panels.count * panels.columns))
    require("rows", stepRows, atLeast: rows.upperBound)
    unsafe (argument.step_rows, argument.rows) = (stepRows, rows.count)
    unsafe argument.d = gradients.gradientPointer(
      at: count * panels.column + rows.lowerBound * panels.columns + panelOffset)
    switch factor {
    case .hiddenBefore(let layer):
      require("hidden", layer.hidden.count, atLeast: count * layer.width)
      let index = first + rows.lowerBound * layer.width
      unsafe (argument.a, argument.a_stride) = (layer.hidden.pointer(at: index), layer.width)
    case .output(let layer):
      require("output", layer.outputCount, atLeast: count * layer.width)
      let bytes = (first + rows.lowerBound * layer.width) * layer.precision.elementBytes
      unsafe (argument.a, argument.a_stride) = (layer.outputPointer + bytes, layer.width)
    case .ones: break
    }
    return unsafe argument
  }
}

extension GradientContribution {
  /// The contributions of some sequences to the gradients of a layer.
  public struct Layer {
    /// The contribution to the gradient of the input matrix or embedding table.
    public let input: GradientContribution
    /// The contribution to the gradient of the recurrent matrix.
    public let recurrent: GradientContribution
    /// The contribution to the gradient of the bias, or of both biases if the recurrent products have their own.
    public let biases: [GradientContribution]
  }

  /// Returns the contributions of the sequences `rows` of a shard to the gradients of a layer.
  public static func layer(
    _ activations: LayerActivations, rows: Range<Int>, input: LayerInput
  ) -> Layer {
    let descriptor = activations.cell.descriptor
    func contribution(_ factor: Factor, _ panelOffset: Int) -> GradientContribution {
      GradientContribution(
        length: activations.length, stepRows: activations.rows, rows: rows, factor: factor,
        gradients: activations, panelOffset: panelOffset)
    }
    let offset = descriptor.recurrentPanelOffset
    let factor: Factor =
      switch input {
      case .tokens: .ones
      case .output(let below): .output(below)
      }
    return Layer(
      input: contribution(factor, 0),
      recurrent: contribution(.hiddenBefore(activations), offset),
      biases: [contribution(.ones, 0)]
        + (descriptor.hasRecurrentBias ? [contribution(.ones, offset)] : []))
  }

  /// Returns the contributions of the sequences `rows` of a shard to the gradients of the output projection's matrix and
  /// bias, for a window of `length` steps.
  public static func projection(
    _ logits: Logits, length: Int, rows: Range<Int>, output: LayerActivations
  ) -> (weight: GradientContribution, bias: GradientContribution) {
    func contribution(_ factor: Factor) -> GradientContribution {
      GradientContribution(
        length: length, stepRows: logits.usedRows / length, rows: rows, factor: factor,
        gradients: logits, panelOffset: 0)
    }
    return (contribution(.output(output)), contribution(.ones))
  }
}

/// The gradient of one tensor: the sum over the steps of a window and over the sub-batches of a batch.
public struct TensorGradient: Sendable {
  let slot: ParameterSlot
  /// For each sub-batch, the contributions of its sequences in order.
  let subBatches: [[GradientContribution]]

  /// Creates the gradient of the tensor at `slot` from the contributions of each sub-batch.
  public init(_ slot: ParameterSlot, _ subBatches: [[GradientContribution]]) {
    self.slot = slot
    self.subBatches = subBatches
  }
}

/// The gradient of an embedding table: for each token, the sum over its occurrences.
public struct EmbeddingGradient: Sendable {
  let slot: ParameterSlot
  /// The contributions of whole shards, which the occurrences index.
  let shards: [GradientContribution]
  let occurrences: TokenOccurrences

  /// Creates the gradient of the table at `slot` from the contributions of whole shards.
  public init(
    _ slot: ParameterSlot, _ shards: [GradientContribution], occurrences: TokenOccurrences
  ) {
    self.slot = slot
    self.shards = shards
    self.occurrences = occurrences
  }
}

/// The gradient of a matrix with its fused reductions: the gradients of biases and of an embedding table, which sum the same
/// rows and are computed while these are in cache.
///
/// Each sub-batch is summed by itself, and the sums are added in pairs, as leaves of a binary tree: those of sub-batches 0 and
/// 1, of 2 and 3, then both sums, and so on. So the gradient of a batch has the same bits if other threads or processes
/// compute the sums of other subtrees.
public struct MatrixGradient: Sendable {
  let slot: ParameterSlot
  let subBatches: [[GradientContribution]]
  let biases: [TensorGradient]
  let embedding: EmbeddingGradient?

  /// Combines the gradient of a matrix with those of biases and of an embedding table.
  ///
  /// - Precondition: The number of sub-batches is a power of two.
  public init(
    _ matrix: TensorGradient, biases: [TensorGradient], embedding: EmbeddingGradient? = nil
  ) {
    (slot, subBatches) = (matrix.slot, matrix.subBatches)
    (self.biases, self.embedding) = (biases, embedding)
    let count = subBatches.count
    precondition(
      count > 0 && count & (count - 1) == 0,
      "the number of sub-batches must be a power of two, is \(count)")
    let length = subBatches[0].first?.length
    for tensor in [matrix] + biases {
      precondition(
        tensor.slot.stride == slot.stride,
        "fused tensors must have the \(slot.stride) columns of the matrix, one has \(tensor.slot.stride)"
      )
      precondition(
        tensor.subBatches.elementsEqual(subBatches) {
          $0.elementsEqual($1) {
            $0.rows == $1.rows && $0.length == length && !$0.rows.isEmpty
          }
        }, "each tensor must have the contributions of the same rows")
    }
    precondition(
      embedding.map { $0.slot.stride == slot.stride } ?? true,
      "the embedding table must have the \(slot.stride) columns of the matrix")
    precondition(
      subBatches.joined().allSatisfy {
        switch $0.factor {
        case .hiddenBefore, .output: true
        case .ones: false
        }
      }, "the contributions to the gradient of a matrix must be products")
  }
}

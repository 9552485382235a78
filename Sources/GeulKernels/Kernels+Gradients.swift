internal import CGeulKernels

/// What one portion of the batch adds to the gradient of a matrix: the sum over its rows of a[r] d[r].
public struct GradientSource: Sendable {
  let rows: Int
  let factor: Factor
  /// Panels over the rows.
  let d: Operands
  /// Where in a panel's 64 columns this matrix's begin.
  let panelOffset: Int

  enum Factor: Sendable {
    /// `[r, k]` from a place on, in pairs of rows in bfloat16.
    case operands(Operands, offset: Int, stride: Int)
    /// A one for each row: the gradient of a bias.
    case ones(Operands)
    /// The rows of a table that were looked up.
    case tokens(Buffer<Int32>)
  }
}

/// The gradient of one tensor: the portions' shares are added in their order.
public struct TensorGradient: Sendable {
  let slot: Slot
  let gated: Bool
  let sources: [GradientSource]

  /// - Parameters:
  ///   - slot: the tensor.
  ///   - gated: whether its columns are gates of units, which lie in panels of 16 units each.
  ///   - sources: the shares of the portions.
  public init(_ slot: Slot, gated: Bool, sources: [GradientSource]) {
    self.slot = slot
    self.gated = gated
    self.sources = sources
  }

  /// First column in the panels' order, first unit, and groups of 16, of each panel.
  var panels: [(column: Int, unit: Int, groups: Int, columns: Int)] {
    if gated {
      return stride(from: 0, to: slot.width, by: groupWidth).map {
        (4 * $0, $0, slot.gates, 4 * groupWidth)
      }
    }
    return Panels(width: slot.width).map {
      ($0.start, $0.start, $0.width / groupWidth, $0.width)
    }
  }
}

extension Kernels {
  /// Adds each tensor's gradient to its slot of `gradients`; a lane takes one panel of columns at a time.
  public func addGradients(
    _ tensors: [TensorGradient], to gradients: inout Arena, lanes: Lanes
  ) {
    let jobs = tensors.flatMap { tensor in tensor.panels.map { (tensor, $0) } }
    for tensor in tensors {
      require("gradients", gradients.values.count, atLeast: tensor.slot.range.upperBound)
    }
    // Each job writes the columns of its panel of its tensor, and no other job does.
    let out = unsafe SharedPointer(base: gradients.values.mutablePointer())
    lanes.run(jobs.count) { job in
      let (tensor, panel) = jobs[job]
      for source in tensor.sources {
        unsafe add(source, tensor, panel, to: out.base)
      }
    }
  }

  private func add(
    _ source: GradientSource, _ tensor: TensorGradient,
    _ panel: (column: Int, unit: Int, groups: Int, columns: Int),
    to out: UnsafeMutablePointer<Float>
  ) {
    let slot = tensor.slot
    withExtendedLifetime(source) {
      var call = unsafe geul_gradient()
      unsafe (call.rows, call.depth, call.groups) = (source.rows, slot.depth, panel.groups)
      unsafe call.d = source.d.pointer(at: source.rows * panel.column)
      unsafe (call.d_stride, call.d_offset) = (panel.columns, source.panelOffset)
      unsafe call.group_stride = tensor.gated ? slot.width : groupWidth
      unsafe call.out = out + slot.offset + panel.unit
      unsafe call.out_stride = slot.stride
      let functions = training(source.d.precision)
      switch source.factor {
      case .operands(let a, let offset, let stride):
        unsafe (call.a, call.a_stride) = (a.pointer(at: offset), stride)
        unsafe functions.weight_gradient(&call)
      case .ones(let ones):
        unsafe (call.a, call.a_stride) = (ones.pointer(), 0)
        unsafe functions.weight_gradient(&call)
      case .tokens(let tokens):
        unsafe functions.table_gradient(&call, tokens.pointer)
      }
    }
  }

  /// The shares of one portion in the gradients of a layer: its input's matrix (or table), its state's, and
  /// its biases (one, or the GRU's two).
  public func sources(
    of trace: inout LayerTrace, input: LayerInput, inputs: Int
  ) -> (input: GradientSource, recurrent: GradientSource, biases: [GradientSource]) {
    let rows = trace.length * trace.rows
    let d = trace.gateGradients
    let ofState = trace.cell == .gru ? groupWidth : 0
    func source(_ factor: GradientSource.Factor, _ panelOffset: Int) -> GradientSource {
      GradientSource(rows: rows, factor: factor, d: d, panelOffset: panelOffset)
    }
    let inputSource: GradientSource
    switch input {
    case .tokens(let tokens): inputSource = source(.tokens(tokens), 0)
    case .operands(let operands, let offset):
      inputSource = source(
        paired(operands, offset: offset, (rows, inputs), into: &trace.pairedInput), 0)
    }
    let hidden = paired(
      trace.hidden, offset: 0, (rows, trace.width), into: &trace.pairedHidden)
    let one = ones(d.precision)
    return (
      inputSource, source(hidden, ofState),
      trace.cell == .gru ? [source(one, 0), source(one, ofState)] : [source(one, 0)]
    )
  }

  /// The shares of one portion in the gradients of the projection: its matrix and its bias.
  public func sources(
    of logits: inout Logits, hidden: Operands, offset: Int, width: Int
  ) -> (weight: GradientSource, bias: GradientSource) {
    let rows = logits.used
    let d = logits.gradients
    let a = paired(hidden, offset: offset, (rows, width), into: &logits.pairedHidden)
    func source(_ factor: GradientSource.Factor) -> GradientSource {
      GradientSource(rows: rows, factor: factor, d: d, panelOffset: 0)
    }
    return (source(a), source(ones(d.precision)))
  }

  private func ones(_ precision: Precision) -> GradientSource.Factor {
    switch precision {
    case .float32: .ones(.float32(Buffer([1])))
    case .bfloat16: .ones(.bfloat16(Buffer([0x3f80, 0x3f80])))
    case .int8: preconditionFailure("int8 reads alone")
    }
  }

  /// Rows of operands as weight gradients read them: in bfloat16 in pairs, which `pairs` has room for from step to step.
  private func paired(
    _ operands: Operands, offset: Int, _ shape: (rows: Int, width: Int), into pairs: inout Operands?
  ) -> GradientSource.Factor {
    guard let pairRows = unsafe training(operands.precision).pair_rows else {
      return .operands(operands, offset: offset, stride: shape.width)
    }
    let count = (shape.rows + shape.rows % 2) * shape.width
    var out = pairs.take() ?? Operands(zeros: 0, operands.precision)
    if out.count < count { out = Operands(zeros: count, operands.precision) }
    withExtendedLifetime(operands) {
      unsafe pairRows(
        out.mutablePointer(), operands.pointer(at: offset), shape.width, shape.rows, shape.width)
    }
    pairs = out
    return .operands(out, offset: 0, stride: shape.width)
  }
}

internal import CGeulKernels

/// What one portion of the batch adds to the gradient of a matrix: the sum over its rows of a[r] d[r].
public struct GradientSource: Sendable {
  let rows: Int
  let factor: Factor
  /// Panels over the rows; in bfloat16 with the rows in pairs.
  let d: Operands
  /// Panels over the rows as they were: what a table's rows add up.
  let unpaired: Operands
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
    let precision = source.d.precision
    // In bfloat16 an odd number of rows is filled up to pairs.
    let paired = precision == .bfloat16 ? source.rows + source.rows % 2 : source.rows
    withExtendedLifetime(source) {
      var call = unsafe geul_gradient()
      unsafe (call.rows, call.depth, call.groups) = (paired, slot.depth, panel.groups)
      unsafe call.d = source.d.pointer(at: paired * panel.column)
      unsafe (call.d_stride, call.d_offset) = (panel.columns, source.panelOffset)
      unsafe call.group_stride = tensor.gated ? slot.width : groupWidth
      unsafe call.out = out + slot.offset + panel.unit
      unsafe call.out_stride = slot.stride
      let functions = training(precision)
      switch source.factor {
      case .operands(let a, let offset, let stride):
        unsafe (call.a, call.a_stride) = (a.pointer(at: offset), stride)
        unsafe functions.weight_gradient(&call)
      case .ones(let ones):
        unsafe (call.a, call.a_stride) = (ones.pointer(), 0)
        unsafe functions.weight_gradient(&call)
      case .tokens(let tokens):
        unsafe call.rows = source.rows
        unsafe call.d = source.unpaired.pointer(at: source.rows * panel.column)
        unsafe functions.table_gradient(&call, tokens.pointer)
      }
    }
  }

  /// The shares of one portion in the gradients of a layer: its input's matrix (or table), its state's, and
  /// its biases (one, or the GRU's two).
  public func sources(
    of trace: LayerTrace, input: LayerInput, inputs: Int
  ) -> (input: GradientSource, recurrent: GradientSource, biases: [GradientSource]) {
    let rows = trace.length * trace.rows
    let d = trace.gateGradients
    let panels = paired(d, rows: rows, panels: panels(of: trace))
    let ofState = trace.cell == .gru ? groupWidth : 0
    func source(_ factor: GradientSource.Factor, _ panelOffset: Int) -> GradientSource {
      GradientSource(
        rows: rows, factor: factor, d: panels, unpaired: d, panelOffset: panelOffset)
    }
    let inputSource: GradientSource
    switch input {
    case .tokens(let tokens): inputSource = source(.tokens(tokens), 0)
    case .operands(let operands, let offset):
      inputSource = source(pairedRows(operands, offset: offset, rows: rows, width: inputs), 0)
    }
    let hidden = pairedRows(trace.hidden, offset: 0, rows: rows, width: trace.width)
    let one = ones(d.precision)
    return (
      inputSource, source(hidden, ofState),
      trace.cell == .gru ? [source(one, 0), source(one, ofState)] : [source(one, 0)]
    )
  }

  /// The shares of one portion in the gradients of the projection: its matrix and its bias.
  public func sources(
    of logits: Logits, hidden: Operands, offset: Int, width: Int
  ) -> (weight: GradientSource, bias: GradientSource) {
    let rows = logits.used
    let d = logits.gradients
    let widths = Panels(width: padded(logits.vocabulary)).map(\.width)
    let panels = paired(d, rows: rows, panels: widths)
    let a = pairedRows(hidden, offset: offset, rows: rows, width: width)
    func source(_ factor: GradientSource.Factor) -> GradientSource {
      GradientSource(rows: rows, factor: factor, d: panels, unpaired: d, panelOffset: 0)
    }
    return (source(a), source(ones(d.precision)))
  }

  private func panels(of trace: LayerTrace) -> [Int] {
    trace.cell == .rnn
      ? Panels(width: trace.width).map(\.width)
      : Array(repeating: 4 * groupWidth, count: trace.width / groupWidth)
  }

  private func ones(_ precision: Precision) -> GradientSource.Factor {
    switch precision {
    case .float32: .ones(.float32(Buffer([1])))
    case .bfloat16: .ones(.bfloat16(Buffer([0x3f80, 0x3f80])))
    case .int8: preconditionFailure("int8 reads alone")
    }
  }

  private func pairedRows(
    _ operands: Operands, offset: Int, rows: Int, width: Int
  ) -> GradientSource.Factor {
    guard operands.precision == .bfloat16 else {
      return .operands(operands, offset: offset, stride: width)
    }
    return .operands(
      paired(operands, offset: offset, rows: rows, panels: [width]), offset: 0, stride: width)
  }

  /// Operands as weight gradients read them: in bfloat16, each panel's rows in pairs.
  private func paired(_ operands: Operands, offset: Int = 0, rows: Int, panels: [Int]) -> Operands {
    guard let pairRows = unsafe training(operands.precision).pair_rows else { return operands }
    let even = rows + rows % 2
    var out = Operands(zeros: even * panels.reduce(0, +), operands.precision)
    withExtendedLifetime(operands) {
      let to = unsafe out.mutablePointer()
      var column = 0
      for width in panels {
        unsafe pairRows(
          to + even * column * operands.precision.bytes,
          operands.pointer(at: offset + rows * column), rows, width)
        column += width
      }
    }
    return out
  }
}

internal import CGeulKernels

extension Kernels {
  /// Adds the gradients to their slots of `arena`; each lane has room of its own, where what is left matters to nobody.
  ///
  /// How the work is cut depends on the lanes, the sums do not.
  public func addGradients(
    _ gradients: [MatrixGradient], to arena: inout ParameterStorage,
    works: inout [GradientWorkspace], pool: ThreadPool
  ) {
    for slot in gradients.flatMap({ [$0.slot] + $0.riders.map(\.slot) }) {
      require("gradients", arena.values.count, atLeast: slot.range.upperBound)
    }
    var left = gradients.reduce(0) { $0 + $1.amount }
    var pieces = gradients.flatMap { $0.pieces(of: &left, pool: pool.count) }
    defer { withExtendedLifetime(gradients) {} }
    // Each piece is another part of the arena.
    let out = unsafe SharedPointer(base: arena.values.mutablePointer())
    pool.forEach(&pieces, with: &works) { piece, work in
      unsafe add(piece, to: out.base, &work)
    }
  }

  private func add(
    _ piece: GradientTile, to arena: UnsafeMutablePointer<Float>, _ work: inout GradientWorkspace
  ) {
    let (slot, panels) = (piece.matrix.slot, piece.panels)
    var call = unsafe geul_weight_gradient()
    unsafe (call.panels, call.column_blocks, call.depth) = (
      panels.count, panels.groups, piece.depth.count
    )
    unsafe (call.panel_stride, call.d_stride) = (panels.units, panels.columns)
    unsafe call.block_stride = piece.matrix.gated ? slot.width : columnBlockWidth
    unsafe call.sums = work.sums.mutablePointer()
    unsafe call.packed_a = UnsafeMutableRawPointer(work.strip.mutablePointer())
    work.sums.clear(first: piece.count)
    let sources = piece.matrix.sources
    let (training, length) = unsafe (trainingKernels(sources[0].d.precision), sources[0].length)
    let shares = unsafe sources.map { unsafe $0.share(panels, from: piece.depth.lowerBound) }
    let riders = unsafe piece.riders.map { rider in
      unsafe (rider.slot, rider.sources.map { unsafe $0.share(panels, from: 0) })
    }
    unsafe (call.shards, call.length) = (shares.count, length)
    // So few rows at once that the riders find them near.
    let steps = max(1, 512 / sources.reduce(0) { $0 + $1.rows })
    for first in stride(from: 0, to: length, by: steps) {
      unsafe (call.first_step, call.end_step) = (first, min(first + steps, length))
      unsafe training.pointee.weight_gradient(&call, shares)
      for unsafe(rider, shares) in unsafe riders {
        let out = unsafe arena + rider.offset + panels.first
        unsafe training.pointee.reduce_rows(out, rider.stride, &call, shares)
      }
    }
    let out = unsafe arena + slot.offset + piece.depth.lowerBound * slot.stride + panels.first
    unsafe functions.add_panels(out, slot.stride, &call)
  }

  /// The shares of one portion in the gradients of a layer: its input's matrix (or table), its state's, and
  /// its biases (one, or the GRU's two).
  public func sources(
    of trace: LayerActivations, input: LayerInput, inputs: Int
  ) -> (
    input: GradientContribution, recurrent: GradientContribution, biases: [GradientContribution]
  ) {
    let ofState = trace.cell == .gru ? columnBlockWidth : 0
    func source(_ factor: GradientContribution.Factor, _ panelOffset: Int) -> GradientContribution {
      GradientContribution(
        length: trace.length, rows: trace.rows, factor: factor, d: trace.gateGradients,
        panelOffset: panelOffset)
    }
    let factor: GradientContribution.Factor =
      switch input {
      case .tokens(let tokens): .tokens(tokens)
      case .operands(let operands, let offset): .operands(operands, offset: offset, stride: inputs)
      }
    return (
      source(factor, 0), source(.operands(trace.hidden, offset: 0, stride: trace.width), ofState),
      trace.cell == .gru ? [source(.ones, 0), source(.ones, ofState)] : [source(.ones, 0)]
    )
  }

  /// The shares of one portion in the gradients of the projection, its matrix and its bias, for a window of `length` steps.
  public func sources(
    of logits: Logits, length: Int, hidden: ElementBuffer, offset: Int, width: Int
  ) -> (weight: GradientContribution, bias: GradientContribution) {
    func source(_ factor: GradientContribution.Factor) -> GradientContribution {
      GradientContribution(
        length: length, rows: logits.used / length, factor: factor, d: logits.gradients,
        panelOffset: 0)
    }
    return (source(.operands(hidden, offset: offset, stride: width)), source(.ones))
  }
}

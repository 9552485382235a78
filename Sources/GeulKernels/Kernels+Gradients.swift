internal import CGeulKernels

/// What one portion of the batch adds to the gradient of a matrix: the sum over its rows of a[r] d[r].
public struct GradientSource: Sendable {
  /// Steps of the window, and rows of each.
  let length: Int, rows: Int
  let factor: Factor
  /// Panels over the rows.
  let d: Operands
  /// Where in a panel's 64 columns this matrix's begin.
  let panelOffset: Int

  enum Factor: Sendable {
    /// `[r, k]` from a place on.
    case operands(Operands, offset: Int, stride: Int)
    /// A one for each row: the gradient of a bias.
    case ones
    /// The rows of a table that were looked up.
    case tokens(Buffer<Int32>)
  }

  /// As a kernel reads it: in some panels, of a matrix from row `first` of its depth on.
  ///
  /// Who calls keeps it alive meanwhile.
  fileprivate func share(_ panels: PanelRun, from first: Int) -> geul_share {
    var share = unsafe geul_share()
    unsafe share.rows = rows
    unsafe share.d = d.pointer(at: length * rows * panels.column + panelOffset)
    switch factor {
    case .operands(let a, let offset, let stride):
      unsafe (share.a, share.a_stride) = (a.pointer(at: offset + first), stride)
    case .ones: break
    case .tokens(let tokens): unsafe share.tokens = tokens.pointer
    }
    return unsafe share
  }
}

/// The gradient of one tensor: the sum over the steps of a window, and in each over the batch, however it is cut.
public struct TensorGradient: Sendable {
  let slot: Slot
  let sources: [GradientSource]

  /// The gradient of `slot`, with the shares of the portions.
  public init(_ slot: Slot, sources: [GradientSource]) {
    self.slot = slot
    self.sources = sources
  }
}

/// The gradients that are sums of the same rows d: that of a matrix, and those of biases and tables, which are made while
/// the rows are near.
public struct MatrixGradient: Sendable {
  let slot: Slot
  let sources: [GradientSource]
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
    precondition(riders.allSatisfy { $0.sources.count == sources.count }, "a share of each portion")
  }

  /// Its depth in strips of whole groups.
  private var strips: [Range<Int>] {
    let groups = padded(slot.depth) / groupWidth
    let count = (padded(slot.depth) + Int(GEUL_STRIP) - 1) / Int(GEUL_STRIP)
    return (0..<count).map {
      groups * $0 / count * groupWidth..<min(slot.depth, groups * ($0 + 1) / count * groupWidth)
    }
  }

  /// Its columns in the order of panels: those of gates, or whole ones and what is left over.
  private var runs: [PanelRun] {
    if gated {
      let whole = PanelRun(
        first: 0, column: 0, count: slot.width / groupWidth, columns: 4 * groupWidth,
        groups: slot.gates, units: groupWidth)
      return [whole]
    }
    let whole = slot.width / (4 * groupWidth)
    let left = slot.width % (4 * groupWidth) / groupWidth
    return [(whole, 4, 0), (left, 1, whole * 4 * groupWidth)].map { count, groups, first in
      PanelRun(
        first: first, column: first, count: count, columns: groups * groupWidth, groups: groups,
        units: groups * groupWidth)
    }
  }

  /// How much there is to do, in panels of a strip.
  var panels: Int { strips.count * runs.reduce(0) { $0 + $1.count } }

  /// Cuts the work into pieces, the riders with the first strip; of `left` panels to go, its own are taken.
  ///
  /// Pieces become smaller towards the end, so that lanes finish together.
  func pieces(of left: inout Int, lanes: Int) -> [GradientPiece] {
    var pieces: [GradientPiece] = []
    for run in runs {
      var panel = 0
      while panel < run.count {
        let share = max(1, min(GradientWork.panels, left / strips.count / (2 * lanes)))
        let part = run.part(panel..<min(panel + share, run.count))
        pieces += strips.map {
          GradientPiece(
            matrix: self, riders: $0.lowerBound == 0 ? riders : [], depth: $0, panels: part)
        }
        panel += part.count
        left -= part.count * strips.count
      }
    }
    return pieces
  }
}

/// Panels of equal width, one after another.
struct PanelRun {
  /// Their first unit, and their first column in the order of panels.
  var first: Int, column: Int
  var count: Int
  /// How many columns a panel has, groups of 16 that count, and units.
  let columns: Int, groups: Int, units: Int

  /// Some of them.
  func part(_ range: Range<Int>) -> PanelRun {
    var part = self
    part.first += range.lowerBound * units
    part.column += range.lowerBound * columns
    part.count = range.count
    return part
  }
}

/// Part of a gradient: a strip of a matrix, in some panels of its columns, and its riders there.
struct GradientPiece {
  let matrix: MatrixGradient
  let riders: [TensorGradient]
  let depth: Range<Int>
  let panels: PanelRun

  /// How many sums its strip has.
  var count: Int { depth.count * panels.count * panels.groups * groupWidth }
}

/// Room for the sums of a piece, and for the rows that they are made of.
struct GradientWork: Sendable {
  /// How many panels a piece has at most.
  static let panels = 4
  private static let sumCount = Int(GEUL_STRIP) * panels * 4 * groupWidth
  private static let stripCount = Int(GEUL_STRIP_ROWS * GEUL_STRIP_STRIDE)
  static let byteCount = (sumCount + stripCount) * MemoryLayout<Float>.stride

  var sums = Buffer<Float>(zeros: sumCount)
  var strip = Buffer<Float>(zeros: stripCount)
}

extension Kernels {
  /// Adds the gradients to their slots of `arena`; each lane has room of its own, where what is left matters to nobody.
  ///
  /// How the work is cut depends on the lanes, the sums do not.
  public func addGradients(
    _ gradients: [MatrixGradient], to arena: inout Arena, works: inout [BackwardWork], lanes: Lanes
  ) {
    for slot in gradients.flatMap({ [$0.slot] + $0.riders.map(\.slot) }) {
      require("gradients", arena.values.count, atLeast: slot.range.upperBound)
    }
    var left = gradients.reduce(0) { $0 + $1.panels }
    var pieces = gradients.flatMap { $0.pieces(of: &left, lanes: lanes.count) }
    defer { withExtendedLifetime(gradients) {} }
    // Each piece is another part of the arena.
    let out = unsafe SharedPointer(base: arena.values.mutablePointer())
    lanes.forEach(&pieces, with: &works) { piece, work in
      unsafe add(piece, to: out.base, &work.gradients)
    }
  }

  private func add(
    _ piece: GradientPiece, to arena: UnsafeMutablePointer<Float>, _ work: inout GradientWork
  ) {
    let (slot, panels) = (piece.matrix.slot, piece.panels)
    var call = unsafe geul_gradient()
    unsafe (call.panels, call.groups, call.depth) = (panels.count, panels.groups, piece.depth.count)
    unsafe (call.panel_stride, call.d_stride) = (panels.units, panels.columns)
    unsafe call.group_stride = piece.matrix.gated ? slot.width : groupWidth
    unsafe call.sums = work.sums.mutablePointer()
    unsafe call.strip = UnsafeMutableRawPointer(work.strip.mutablePointer())
    work.sums.clear(first: piece.count)
    let sources = piece.matrix.sources
    let (training, length) = (training(sources[0].d.precision), sources[0].length)
    let shares = unsafe sources.map { unsafe $0.share(panels, from: piece.depth.lowerBound) }
    let riders = unsafe piece.riders.map { rider in
      unsafe (rider.slot, rider.sources.map { unsafe $0.share(panels, from: 0) })
    }
    unsafe (call.shares, call.length) = (shares.count, length)
    // So few rows at once that the riders find them near.
    let steps = max(1, 512 / sources.reduce(0) { $0 + $1.rows })
    for first in stride(from: 0, to: length, by: steps) {
      unsafe (call.first_step, call.end_step) = (first, min(first + steps, length))
      unsafe training.weight_gradient(&call, shares)
      for unsafe(rider, shares) in unsafe riders {
        let out = unsafe arena + rider.offset + panels.first
        unsafe training.row_gradient(out, rider.stride, &call, shares)
      }
    }
    let out = unsafe arena + slot.offset + piece.depth.lowerBound * slot.stride + panels.first
    unsafe functions.add_panels(out, slot.stride, &call)
  }

  /// The shares of one portion in the gradients of a layer: its input's matrix (or table), its state's, and
  /// its biases (one, or the GRU's two).
  public func sources(
    of trace: LayerTrace, input: LayerInput, inputs: Int
  ) -> (input: GradientSource, recurrent: GradientSource, biases: [GradientSource]) {
    let ofState = trace.cell == .gru ? groupWidth : 0
    func source(_ factor: GradientSource.Factor, _ panelOffset: Int) -> GradientSource {
      GradientSource(
        length: trace.length, rows: trace.rows, factor: factor, d: trace.gateGradients,
        panelOffset: panelOffset)
    }
    let factor: GradientSource.Factor =
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
    of logits: Logits, length: Int, hidden: Operands, offset: Int, width: Int
  ) -> (weight: GradientSource, bias: GradientSource) {
    func source(_ factor: GradientSource.Factor) -> GradientSource {
      GradientSource(
        length: length, rows: logits.used / length, factor: factor, d: logits.gradients,
        panelOffset: 0)
    }
    return (source(.operands(hidden, offset: offset, stride: width)), source(.ones))
  }
}

internal import CGeulKernels

/// Consecutive panels of equal width.
struct PanelRun {
  /// The first column of the matrix, and the first column in the order of panels.
  var first: Int, column: Int
  /// The number of panels.
  var count: Int
  /// The columns of a panel, the column blocks of it that belong to the matrix, and its units.
  let columns: Int, columnBlocks: Int, units: Int

  /// Some of the panels.
  func slice(_ range: Range<Int>) -> PanelRun {
    var slice = self
    slice.first += range.lowerBound * units
    slice.column += range.lowerBound * columns
    slice.count = range.count
    return slice
  }
}

/// A tile of the gradient of a matrix: a block of its depth in some of its panels, and the fused reductions of these
/// panels.
struct GradientTile {
  let matrix: MatrixGradient
  let depth: Range<Int>
  let panels: PanelRun

  /// The reductions; they go with the first block of the depth.
  var fusedReductions: [TensorGradient] { depth.lowerBound == 0 ? matrix.fusedReductions : [] }

  /// The number of sums.
  var count: Int { depth.count * panels.count * panels.columnBlocks * columnBlockWidth }
}

/// The workspace of a thread for gradients of weights: the sums of a tile, and the rows that they are made of.
///
/// Contents are unspecified between calls.
public struct GradientWorkspace: Sendable {
  /// The most panels of a tile.
  static let maximumPanels = 4
  private static let sumCount = Int(GEUL_GRADIENT_MC) * maximumPanels * 4 * columnBlockWidth
  private static let rowCount = Int(GEUL_GRADIENT_KC * GEUL_GRADIENT_STRIDE)
  /// The bytes of a workspace, for any network.
  public static let byteCount = (sumCount + rowCount) * MemoryLayout<Float>.stride

  var sums = Buffer<Float>(zeros: sumCount)
  var packedRows = Buffer<Float>(zeros: rowCount)

  /// Allocates a workspace.
  public init() {}
}

extension MatrixGradient {
  /// The depth in blocks of whole column blocks.
  private var depthBlocks: [Range<Int>] {
    let blocks = padded(slot.depth) / columnBlockWidth
    let count = (padded(slot.depth) + Int(GEUL_GRADIENT_MC) - 1) / Int(GEUL_GRADIENT_MC)
    return (0..<count).map {
      let (start, end) = (blocks * $0 / count, blocks * ($0 + 1) / count)
      return start * columnBlockWidth..<min(slot.depth, end * columnBlockWidth)
    }
  }

  /// The columns in the order of panels: panels of gates, or whole panels and narrow ones.
  private var runs: [PanelRun] {
    if slot.isGated {
      let whole = PanelRun(
        first: 0, column: 0, count: slot.width / columnBlockWidth, columns: 4 * columnBlockWidth,
        columnBlocks: slot.gates, units: columnBlockWidth)
      return [whole]
    }
    let whole = slot.width / (4 * columnBlockWidth)
    let narrow = slot.width % (4 * columnBlockWidth) / columnBlockWidth
    return [(whole, 4, 0), (narrow, 1, whole * 4 * columnBlockWidth)].map { count, blocks, first in
      PanelRun(
        first: first, column: first, count: count, columns: blocks * columnBlockWidth,
        columnBlocks: blocks, units: blocks * columnBlockWidth)
    }
  }

  /// The amount of work, in panels of a depth block.
  var workAmount: Int { depthBlocks.count * runs.reduce(0) { $0 + $1.count } }

  /// Splits the gradient into tiles; `remaining` is the work that is left in all matrices, and is reduced by this one's.
  ///
  /// Tiles become smaller toward the end, so that threads finish together.
  func tiles(of remaining: inout Int, threads: Int) -> [GradientTile] {
    let depthBlocks = depthBlocks
    var tiles: [GradientTile] = []
    for run in runs {
      var panel = 0
      while panel < run.count {
        let count = max(
          1, min(GradientWorkspace.maximumPanels, remaining / depthBlocks.count / (2 * threads)))
        let slice = run.slice(panel..<min(panel + count, run.count))
        tiles += depthBlocks.map { GradientTile(matrix: self, depth: $0, panels: slice) }
        panel += slice.count
        remaining -= slice.count * depthBlocks.count
      }
    }
    return tiles
  }
}

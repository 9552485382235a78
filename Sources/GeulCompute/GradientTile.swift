internal import CGeulKernels

/// Consecutive panels of equal width.
struct PanelRun {
  /// The first column in the matrix, and the first column in the order of panels.
  var first: Int, column: Int
  /// The number of panels.
  var count: Int
  /// The numbers, per panel, of columns, of column blocks that belong to the matrix, and of units.
  let columns: Int, columnBlocks: Int, units: Int

  /// Returns the panels in `range`.
  func slice(_ range: Range<Int>) -> PanelRun {
    var slice = self
    slice.first += range.lowerBound * units
    slice.column += range.lowerBound * columns
    slice.count = range.count
    return slice
  }
}

/// A tile of the gradient of a matrix: a block of its rows in some of its panels, and the fused reductions of these
/// panels.
struct GradientTile {
  let matrix: MatrixGradient
  let depth: Range<Int>
  let panels: PanelRun

  /// Indicates whether the fused reductions are computed with this tile: with the first block of rows.
  private var isFirst: Bool { depth.lowerBound == 0 }
  /// The gradients of biases that are computed with this tile.
  var biases: [TensorGradient] { isFirst ? matrix.biases : [] }
  /// The gradient of an embedding table that is computed with this tile.
  var embedding: EmbeddingGradient? { isFirst ? matrix.embedding : nil }

  /// The number of columns that are summed.
  var columns: Int { panels.count * panels.columnBlocks * columnBlockWidth }
  /// The number of elements.
  var count: Int { depth.count * columns }
}

/// The workspace of a thread for gradients of weights: the sums of a tile and its biases, and the packed rows that are
/// summed.
///
/// Contents are unspecified between calls.
public struct GradientWorkspace: Sendable {
  /// The maximum number of panels of a tile.
  static let maximumPanels = 4
  private static let maximumColumns = maximumPanels * 4 * columnBlockWidth
  /// A tile, and two biases.
  private static let sumCount = (Int(GEUL_GRADIENT_MC) + 2) * maximumColumns
  private static let rowCount = Int(GEUL_GRADIENT_KC * GEUL_GRADIENT_STRIDE)

  /// Returns the size of a workspace in bytes for a number of sub-batches.
  public static func byteCount(subBatches: Int) -> Int {
    let sums = subBatches > 1 ? 2 + subBatches.trailingZeroBitCount : 1
    return (sums * sumCount + rowCount) * MemoryLayout<Float>.stride
  }

  /// The sums of one sub-batch; after the last `addSubBatch`, of all.
  var sums = Buffer<Float>(zeros: sumCount)
  var packedRows = Buffer<Float>(zeros: rowCount)
  /// The sums of the last complete subtree of each height, where it waits for the next one of this height.
  private var subtrees: [Buffer<Float>] = []

  /// Allocates a workspace.
  public init() {}

  /// Adds the first `count` sums of sub-batch `index` of `subBatches` to those of the sub-batches before it, pair by pair.
  mutating func addSubBatch(_ index: Int, of subBatches: Int, first count: Int, _ kernels: Kernels)
  {
    guard subBatches > 1 else { return }
    // Like the carries of a binary counter: after an odd index, the subtree of height 0 is complete, and so on.
    let height = (index + 1).trailingZeroBitCount
    while subtrees.count <= height { subtrees.append(Buffer(zeros: Self.sumCount)) }
    for height in 0..<height {
      unsafe kernels.functions.axpby(
        sums.mutablePointer(), subtrees[height].pointer, count, 1, 1)
    }
    if index < subBatches - 1 { swap(&sums, &subtrees[height]) }
  }
}

extension MatrixGradient {
  /// The rows of the matrix in blocks of at most `GEUL_GRADIENT_MC`, each a multiple of `columnBlockWidth` or the last.
  private var depthBlocks: [Range<Int>] {
    let blocks = padded(slot.depth) / columnBlockWidth
    let count = (padded(slot.depth) + Int(GEUL_GRADIENT_MC) - 1) / Int(GEUL_GRADIENT_MC)
    return (0..<count).map {
      let (start, end) = (blocks * $0 / count, blocks * ($0 + 1) / count)
      return start * columnBlockWidth..<min(slot.depth, end * columnBlockWidth)
    }
  }

  /// The columns in the order of panels: panels of gates; or panels of 64 columns, then of 16.
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

  /// The number of pairs of a panel and a block of rows, a measure of the work.
  var workAmount: Int { depthBlocks.count * runs.reduce(0) { $0 + $1.count } }

  /// Splits the gradient into tiles, which become smaller toward the end, so that threads finish together.
  ///
  /// - Parameters:
  ///   - remaining: The remaining work of all matrices; the work of this one is subtracted.
  ///   - threads: The number of threads.
  /// - Returns: The tiles, in the order of the panels.
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

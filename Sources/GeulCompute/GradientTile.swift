internal import CGeulKernels

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
struct GradientTile {
  let matrix: MatrixGradient
  let depth: Range<Int>
  let panels: PanelRun

  /// They go with the first strip.
  var riders: [TensorGradient] { depth.lowerBound == 0 ? matrix.riders : [] }

  /// How many sums its strip has.
  var count: Int { depth.count * panels.count * panels.groups * columnBlockWidth }
}

/// Room for a lane to make weights' gradients in: for the sums of a piece, and the rows that they are made of.
public struct GradientWorkspace: Sendable {
  /// How many panels a piece has at most.
  static let mostPanels = 4
  private static let sumCount = Int(GEUL_GRADIENT_MC) * mostPanels * 4 * columnBlockWidth
  private static let stripCount = Int(GEUL_GRADIENT_KC * GEUL_GRADIENT_STRIDE)
  /// How many bytes it takes, whatever the network.
  public static let byteCount = (sumCount + stripCount) * MemoryLayout<Float>.stride

  var sums = Buffer<Float>(zeros: sumCount)
  var strip = Buffer<Float>(zeros: stripCount)

  /// Room for one lane.
  public init() {}
}

extension MatrixGradient {
  /// Its depth in strips of whole groups.
  private var strips: [Range<Int>] {
    let groups = padded(slot.depth) / columnBlockWidth
    let count = (padded(slot.depth) + Int(GEUL_GRADIENT_MC) - 1) / Int(GEUL_GRADIENT_MC)
    return (0..<count).map {
      groups * $0 / count
        * columnBlockWidth..<min(slot.depth, groups * ($0 + 1) / count * columnBlockWidth)
    }
  }

  /// Its columns in the order of panels: those of gates, or whole ones and what is left over.
  private var runs: [PanelRun] {
    if gated {
      let whole = PanelRun(
        first: 0, column: 0, count: slot.width / columnBlockWidth, columns: 4 * columnBlockWidth,
        groups: slot.gates, units: columnBlockWidth)
      return [whole]
    }
    let whole = slot.width / (4 * columnBlockWidth)
    let left = slot.width % (4 * columnBlockWidth) / columnBlockWidth
    return [(whole, 4, 0), (left, 1, whole * 4 * columnBlockWidth)].map { count, groups, first in
      PanelRun(
        first: first, column: first, count: count, columns: groups * columnBlockWidth,
        groups: groups,
        units: groups * columnBlockWidth)
    }
  }

  /// How much there is to do, in panels of a strip.
  var amount: Int { strips.count * runs.reduce(0) { $0 + $1.count } }

  /// Cuts the work into pieces; of what is `left` to do, its own amount is taken.
  ///
  /// Pieces become smaller towards the end, so that lanes finish together.
  func pieces(of left: inout Int, pool: Int) -> [GradientTile] {
    let strips = strips
    var pieces: [GradientTile] = []
    for run in runs {
      var panel = 0
      while panel < run.count {
        let count = max(1, min(GradientWorkspace.mostPanels, left / strips.count / (2 * pool)))
        let part = run.part(panel..<min(panel + count, run.count))
        pieces += strips.map { GradientTile(matrix: self, depth: $0, panels: part) }
        panel += part.count
        left -= part.count * strips.count
      }
    }
    return pieces
  }
}

internal import GeulCompute
internal import GeulModel

/// How much memory a run takes at its peak, told before it begins.
///
/// With n numbers in the network (padding included), r places in a window (batch by length), l layers of width h, v units
/// in the vocabulary, and p bytes in a factor of a product.
public struct MemoryPlan: Sendable, Equatable {
  /// The numbers of the network, their mean, both moments and the gradient (4 bytes each); matrices, packed for both ways;
  /// room for Muon's products.
  public let parameters: Int
  /// What a window leaves behind for its way back.
  public let window: Int
  /// What comes for a while: the largest of what a save and a score of the part held out take.
  public let passing: Int
  /// The program, and the part of the text's ids that it holds.
  public let program: Int

  /// Bytes at the peak.
  public var total: Int { parameters + window + passing + program }

  /// The plan of a run on a text of `units` units, with `lanes` threads.
  public init(_ settings: TrainingConfiguration, vocabulary: Int, units: Int, pool: Int) {
    let network = Network(settings.architecture, vocabulary: vocabulary)
    let (count, layers) = (network.layout.count, settings.architecture.layers)
    let factor = settings.precision.bytes
    let matrices = network.matrices.reduce(0) { $0 + $1.count }
    let grams = network.matrices.reduce(0) { $0 + Orthogonalizer.byteCount($1) }
    parameters =
      5 * 4 * count + 2 * factor * matrices + (settings.optimizer == .muon ? grams : 0)

    let (cell, width) = (settings.architecture.cell, network.layers[0].width)
    let isNarrow = settings.precision == .bfloat16
    // State, cells, gates; in bfloat16 their gradients; dropout's outputs.
    let kept =
      factor + (cell == .rnn ? 0 : 4) + 4 * cell.columns
      + (isNarrow ? 2 * cell.columns : 0) + (settings.dropout > 0 ? factor : 0)
    let scores = padded(vocabulary) * (isNarrow ? 6 : 4)
    let rows = settings.batch * settings.length
    let portion = BatchShard.cut(batch: settings.batch, pool: pool).map(\.count).max() ?? 1
    let back =
      min(pool, settings.batch) * portion * settings.length * width * 2 * 4
      + pool * GradientWorkspace.byteCount
    window = rows * (layers * width * kept + scores) + back

    let saving = 4 * count
    let held = units - Int(Double(units) * (1 - settings.validationFraction))
    let (streams, steps) = Evaluator.window(units: held, vocabulary: vocabulary)
    let perPlace = layers * width * (4 + (cell == .rnn ? 0 : 4) + 4 * cell.columns)
    let scoring = 4 * matrices + streams * steps * (perPlace + 4 * padded(vocabulary))
    passing = max(saving, held > 0 ? scoring : 0)
    program = Self.itself + min(4 * units, Self.ids) + Self.perUnit * vocabulary
  }

  /// What a run of the smallest network on the smallest text takes.
  private static let itself = 28 << 20
  /// See `MappedFile`: of a longer text no more is held.
  private static let ids = 64 << 20
  /// A unit's bytes, and its places in dictionaries.
  private static let perUnit = 500
}

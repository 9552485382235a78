internal import GeulCompute
internal import GeulModel
internal import GeulStorage
public import GeulText

/// A run of which all steps are made: its best model is still to be scored, one unit after the other.
public struct FinishedRun: Sendable {
  /// What has been computed.
  public let record: RunState
  /// Where it is kept.
  public let folder: RunFolder

  let corpus: Corpus
  let heldOut: (corpus: Corpus, range: Range<Int>)?
  let kernels: Kernels
  let pool: ThreadPool

  init(
    record: RunState, folder: RunFolder, corpus: Corpus,
    heldOut: (corpus: Corpus, range: Range<Int>)?, kernels: Kernels, pool: ThreadPool
  ) {
    self.record = record
    self.folder = folder
    self.corpus = corpus
    self.heldOut = heldOut
    self.kernels = kernels
    self.pool = pool
  }

  /// How many units are scored one after the other: half a minute's work for a network of 2 x 256.
  private static let exactLimit = 1_000_000

  /// Whether all of a part held out is scored, not a sample of it.
  static func isScoredExactly(_ range: Range<Int>) -> Bool { range.count <= exactLimit }

  /// What the best model scored on the part held out.
  public struct FinalScore: Sendable, Equatable {
    /// The score, from a zero state.
    public let score: Evaluator.Score
    /// The same by the bytes of the text.
    public let bitsPerByte: Double
    /// Whether all of the part was scored, one unit after the other; if not, a sample of it.
    public let isExact: Bool
  }

  /// Scores the best model exactly and writes what it scored into its file.
  ///
  /// - Parameter shouldStop: asked now and then; what was saved stays as it is when it says so.
  /// - Returns: The score on the part held out; nil where nothing was held out.
  /// - Throws: `RunError.stopped` if `shouldStop` said so.
  public func score(unless shouldStop: () -> Bool = { false }) throws(RunError) -> FinalScore? {
    guard let heldOut else { return nil }
    var model: Model
    do throws(FormatError) { model = try Model(contentsOf: folder.best.path) } catch {
      throw .format(error)
    }
    let scorer = Evaluator(
      model.network, parameters: model.parameters, kernels: kernels, pool: pool)
    let isExact = Self.isScoredExactly(heldOut.range)
    guard
      let score = isExact
        ? scorer.score(heldOut.corpus, heldOut.range, unless: shouldStop)
        : scorer.estimate(heldOut.corpus, heldOut.range, limit: Self.exactLimit)
    else { throw .stopped }
    let bytes = heldOut.corpus.byteCount(ofTokensIn: heldOut.range.dropFirst())
    let unitsPerByte = Double(heldOut.range.count - 1) / Double(max(1, bytes))
    let bitsPerByte =
      isExact
      ? score.nats / Evaluator.natsPerBit / Double(max(1, bytes)) : score.bitsPerUnit * unitsPerByte
    model.metadata.training?.validationNats = score.natsPerUnit
    model.metadata.training?.validationBitsPerByte = bitsPerByte
    try model.safetensors.save(to: folder.best, keepingPrevious: false)
    return FinalScore(score: score, bitsPerByte: bitsPerByte, isExact: isExact)
  }

  /// What counting n-grams of the text that was learned foretells of the part held out, or of a sample of it.
  ///
  /// - Returns: nats a unit; nil where nothing was held out.
  public func counted(order: Int) -> Double? {
    guard let heldOut else { return nil }
    let units = TrainingRun.trainingUnits(of: corpus, record.settings)
    return Self.counted(
      order: order, corpus, units: units, heldOut: heldOut.corpus, in: heldOut.range)
  }

  /// The same for the first `units` of a text and any part held out.
  public static func counted(
    order: Int, _ corpus: Corpus, units: Int, heldOut: Corpus, in range: Range<Int>
  ) -> Double? {
    let score = KneserNey(corpus, 0..<units, order: order)
      .score(heldOut, range.prefix(exactLimit))
    return score.units > 0 ? score.natsPerUnit : nil
  }
}

internal import GeulModel
internal import GeulText

/// The batches of a text for truncated back-propagation through time, and the position of training in it.
///
/// The text is cut into `batch` contiguous parts of equal length. A batch takes the next `length` tokens of each part as
/// inputs, and the tokens one later as targets. An epoch ends when the parts are read; the next one begins at another
/// offset, so that sequences begin at other positions. A target always follows its input in the text.
public struct SequenceBatcher: Codable, Sendable, Equatable {
  /// The number of tokens of the text that are for training.
  public let tokenCount: Int
  /// The batch size: the number of sequences per batch.
  public let batch: Int
  /// The sequence length, in tokens.
  public let length: Int
  /// The number of completed epochs.
  public private(set) var epoch = 0
  /// The index of the next batch of the epoch.
  public private(set) var index = 0
  /// The number of tokens that this epoch skips at the beginning.
  public private(set) var offset = 0
  private var random: SplitMix64

  private enum CodingKeys: String, CodingKey {
    case batch, length, epoch, index, offset, random
    case tokenCount = "units"
  }

  /// Creates the batches of the first epoch.
  ///
  /// - Precondition: `tokenCount > batch * length`; see `fit`.
  public init(tokenCount: Int, batch: Int, length: Int, seed: UInt64) {
    precondition(
      tokenCount > batch * length,
      "tokenCount must exceed batch * length, is \(tokenCount) for \(batch) sequences of \(length)")
    self.tokenCount = tokenCount
    self.batch = batch
    self.length = length
    random = SplitMix64(seed: seed)
    chooseOffset()
  }

  /// The number of batches of this epoch.
  public var count: Int { partLength / length }

  /// The number of epochs, with the fraction of the current one.
  public var epochs: Double { Double(epoch) + Double(index) / Double(count) }

  /// Indicates whether the next batch begins an epoch.
  public var isAtStart: Bool { index == 0 }

  /// Indicates whether the epoch is past its first batches.
  ///
  /// Their losses are not comparable with the losses before: they start from a zero state, in another part of the text.
  public var isPastEpochStart: Bool { index >= min(50, count / 2) }

  /// The position in the text of the next sequence of part `row`; it needs `length + 1` tokens.
  public func start(row: Int) -> Int { offset + row * partLength + index * length }

  /// Advances to the next batch.
  public mutating func advance() {
    index += 1
    guard index == count else { return }
    epoch += 1
    index = 0
    chooseOffset()
  }

  private var partLength: Int { (tokenCount - 1 - offset) / batch }

  private mutating func chooseOffset() {
    let limit = Self.maximumOffset(tokenCount: tokenCount, batch: batch, length: length)
    offset = Int(random.next() % UInt64(limit + 1))
  }

  /// The maximum number of tokens that an epoch skips: an eighth of the text, and one batch.
  private static func maximumOffset(tokenCount: Int, batch: Int, length: Int) -> Int {
    min(batch * length, (tokenCount - 1) / 8, tokenCount - 1 - batch * length)
  }

  /// Returns a range of tokens that contains the sequences of some parts in all epochs.
  static func tokens(
    ofRows rows: Range<Int>, tokenCount: Int, batch: Int, length: Int
  ) -> Range<Int> {
    let offset = maximumOffset(tokenCount: tokenCount, batch: batch, length: length)
    let shortest = (tokenCount - 1 - offset) / batch
    let longest = (tokenCount - 1) / batch
    return rows.lowerBound * shortest..<min(tokenCount, offset + rows.upperBound * longest + 1)
  }

  /// Returns the batch size and sequence length for a text: the given ones, or what suits it.
  ///
  /// A small text is learned best with short sequences, which give more steps, and then with a smaller batch: see "Small
  /// texts" in docs/experiments.md. Given values are reduced only where the text would not fill two batches.
  public static func fit(
    tokenCount: Int, batch: Int?, length: Int?
  ) -> (batch: Int, length: Int) {
    let defaults = TrainingConfiguration()
    var (b, l) = (batch ?? defaults.batch, length ?? defaults.length)
    func hasFewer(than batches: Int) -> Bool { (tokenCount - 1) / (b * l) < batches }
    if length == nil, hasFewer(than: 128) { l = 32 }
    if length == nil, hasFewer(than: 64) { l = 16 }
    if batch == nil { while b > 8, hasFewer(than: 64) { b /= 2 } }
    while l > 16, hasFewer(than: 2) { l = max(16, l / 2) }
    while b > 1, hasFewer(than: 2) { b /= 2 }
    return (b, max(1, min(l, tokenCount - 1 - (tokenCount > 2 ? 1 : 0))))
  }
}

extension SequenceBatcher {
  /// Copies a shard's sequences of the next batch from a text.
  func load(_ corpus: Corpus, into shard: BatchShard) {
    if isAtStart { shard.resetState() }
    var ids = [Int32](repeating: 0, count: length + 1)
    for row in 0..<shard.rows {
      corpus.copyIDs(from: start(row: shard.firstRow + row), into: &ids)
      // As in generation: nothing comes before an item.
      if corpus.isSeparator(ids[0]) { shard.resetState(row: row) }
      if let labels = corpus.vocabulary.labels {
        omitSome(labels, from: &ids, shard.firstRow + row)
      }
      shard.setTokens(row: row, ids, labels: corpus.vocabulary.labels)
    }
  }

  /// The fraction of the lines whose label is omitted, so that the model also writes without a label.
  private static let omittedFraction = 0.1

  /// Replaces the tokens of some labels by the line feed; others in each epoch.
  private func omitSome(_ labels: LabelTokens, from ids: inout [Int32], _ row: Int) {
    let first = start(row: row)
    for offset in ids.indices where labels.ids.contains(Int(ids[offset])) {
      var random = SplitMix64(seed: UInt64(first + offset) ^ UInt64(epoch) << 44)
      if Double(random.next() >> 11) * 0x1p-53 < Self.omittedFraction {
        ids[offset] = Int32(labels.lineFeedID)
      }
    }
  }

  /// Indicates whether a position read from a file is one that this configuration can reach.
  func isValid(for configuration: TrainingConfiguration) -> Bool {
    batch == configuration.batch && length == configuration.length && 1...65536 ~= batch
      && 1...65536 ~= length && 1...(1 << 44) ~= tokenCount && epoch >= 0
      && (0...tokenCount).contains(offset) && (0..<max(1, count)).contains(index)
      && start(row: batch - 1) + length < tokenCount
  }
}

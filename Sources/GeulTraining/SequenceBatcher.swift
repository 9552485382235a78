internal import GeulModel

/// How a text becomes batches, and where in it training stands.
///
/// The text is cut into `batch` equal streams; a step takes the next `length` units of each, and what comes one later
/// as targets. An epoch is over when the streams are; the next begins at another offset, so that windows do not
/// always begin at the same places. Nothing wraps around: a target always follows its input in the text.
public struct SequenceBatcher: Codable, Sendable, Equatable {
  /// How many units of the text are for training.
  public let units: Int
  /// How many streams.
  public let batch: Int
  /// How many units of each stream a window has.
  public let length: Int
  /// How many epochs are over.
  public private(set) var epoch = 0
  /// Which window of the epoch comes next.
  public private(set) var index = 0
  /// How many units this epoch passes over at the beginning.
  public private(set) var offset = 0
  private var random: SplitMix64

  /// The beginning of the first epoch.
  ///
  /// - Precondition: `units > batch * length`; see `fit`.
  public init(units: Int, batch: Int, length: Int, seed: UInt64) {
    precondition(units > batch * length, "\(units) units for \(batch) streams of \(length)")
    self.units = units
    self.batch = batch
    self.length = length
    random = SplitMix64(seed: seed)
    chooseOffset()
  }

  /// How many windows this epoch has.
  public var count: Int { streamLength / length }

  /// How many epochs are over, with the part of the one that runs.
  public var epochs: Double { Double(epoch) + Double(index) / Double(count) }

  /// Whether the next window begins its streams, that is, follows nothing.
  public var isAtStart: Bool { index == 0 }

  /// Whether the epoch is well on its way: what came before its first windows says little of their losses.
  public var isSettled: Bool { index >= min(50, count / 2) }

  /// Where the next window of stream `row` begins; it needs `length + 1` units.
  public func start(row: Int) -> Int { offset + row * streamLength + index * length }

  /// Goes on to the next window.
  public mutating func advance() {
    index += 1
    guard index == count else { return }
    epoch += 1
    index = 0
    chooseOffset()
  }

  private var streamLength: Int { (units - 1 - offset) / batch }

  private mutating func chooseOffset() {
    // At most an eighth of the text and one window of the batch are passed over.
    let most = min(batch * length, (units - 1) / 8, units - 1 - batch * length)
    offset = Int(random.next() % UInt64(most + 1))
  }

  /// Batch and length for a text of `units`: what was asked for, or what suits it.
  ///
  /// A small text is learned best in short windows, which make more steps of it, and then in few streams: see "Small texts" in
  /// docs/experiments.md. What was asked for is made smaller only where the text would not fill two windows.
  public static func fit(units: Int, batch: Int?, length: Int?) -> (batch: Int, length: Int) {
    var (b, l) = (batch ?? TrainingConfiguration().batch, length ?? TrainingConfiguration().length)
    func hasFewer(than windows: Int) -> Bool { (units - 1) / (b * l) < windows }
    if length == nil, hasFewer(than: 128) { l = 32 }
    if length == nil, hasFewer(than: 64) { l = 16 }
    if batch == nil { while b > 8, hasFewer(than: 64) { b /= 2 } }
    while l > 16, hasFewer(than: 2) { l = max(16, l / 2) }
    while b > 1, hasFewer(than: 2) { b /= 2 }
    return (b, max(1, min(l, units - 1 - (units > 2 ? 1 : 0))))
  }
}

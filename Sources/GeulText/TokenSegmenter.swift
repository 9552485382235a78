/// Cuts text into units as it comes: normalises it, then finds where units end.
///
/// Each step leaves what coming text could still change: normalisation stops before an anchor (a
/// starter that joins nothing before it), segmentation before the last grapheme whose end is not
/// certain. So units do not depend on how the text was divided.
struct TokenSegmenter {
  /// What was cut last.
  var units = TokenBatch()
  /// How many bytes of normal text have been cut.
  private(set) var byteCount = 0
  /// How many bytes wait for the text to come.
  private var waiting = 0

  private let tokenizer: Tokenizer
  private let graphemes = GraphemeFinder()
  private let spelling: JamoDecomposer
  private var normal = ByteQueue()
  private var spelled = TokenBatch()

  init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    spelling = JamoDecomposer(tokenizer.normalization)
  }

  /// A grapheme must end within this many bytes: what waits is kept in memory.
  private static let patience = 1 << 24

  /// Refuses text in which nothing ends: `byteCount` bytes of it have been read.
  func checkPatience(_ source: String, _ byteCount: Int) throws(TextError) {
    guard waiting >= Self.patience else { return }
    throw TextError(.endless(bytes: waiting), in: source, at: max(0, byteCount - waiting))
  }

  /// Takes from `text`, which is valid UTF-8 unless units are bytes, and puts what is certain into
  /// `units`.
  ///
  /// At the `last` text of a source nothing is left.
  mutating func cut(_ text: inout ByteQueue, last: Bool) {
    units.removeAll()
    if tokenizer.normalization == .none {
      normal.bytes += text.bytes
      text.removeFirst(text.count)
    } else {
      text.removeFirst(ICU.normalize(text.all, tokenizer.normalization, last: last, into: &normal))
    }
    let used: Int
    switch tokenizer.unit {
    case .byte:
      used = normal.count
      units.codes.append(contentsOf: normal.bytes.lazy.map { UInt32($0) })
    case .codepoint:
      used = normal.count
      ICU.scalars(of: normal.all, into: &units.codes)
    case .grapheme:
      used = graphemes.find(in: normal.all, last: last, into: &units)
    case .jamo:
      spelled.removeAll()
      used = graphemes.find(in: normal.all, last: last, into: &spelled)
      spelling.spell(spelled, into: &units)
    }
    byteCount += used
    normal.removeFirst(used)
    waiting = text.count + normal.count
  }
}

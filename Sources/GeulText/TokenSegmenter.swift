/// Splits a stream of text into tokens: normalizes it, then finds token boundaries.
///
/// Each stage buffers the text that following text could still change. Normalization stops before an
/// anchor, a starter that does not combine with anything before it. Segmentation stops before the
/// last grapheme whose end is not certain. The tokens therefore do not depend on how the text is
/// divided into blocks.
struct TokenSegmenter {
  /// The tokens of the last block.
  var tokens = TokenBatch()
  /// The number of bytes of normalized text in all tokens so far.
  private(set) var byteCount = 0
  /// The number of buffered bytes.
  private var pendingBytes = 0

  private var normalizationRetry = RetryLimit()
  private var segmentationRetry = RetryLimit()
  private let tokenizer: Tokenizer
  private let graphemes = GraphemeSegmenter()
  private let decomposer: JamoDecomposer
  private var normal = ByteQueue()
  private var composed = TokenBatch()

  init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    decomposer = JamoDecomposer(tokenizer.normalization)
  }

  /// The size limit of a grapheme in bytes, because incomplete graphemes are kept in memory.
  private static let maximumTokenBytes = 1 << 24

  /// Throws an error if an incomplete token exceeds the size limit.
  ///
  /// - Parameters:
  ///   - source: The name of the source.
  ///   - byteCount: The number of bytes read from the source.
  /// - Throws: `TextError` with the reason `characterTooLong`.
  func checkTokenSize(_ source: String, _ byteCount: Int) throws(TextError) {
    guard pendingBytes >= Self.maximumTokenBytes else { return }
    throw TextError(
      .characterTooLong(bytes: pendingBytes), in: source, at: max(0, byteCount - pendingBytes))
  }

  /// Removes complete tokens from `text` and stores them in `tokens`.
  ///
  /// - Parameters:
  ///   - text: The next text; valid UTF-8, except with `TokenUnit.byte`.
  ///   - last: Pass true at the end of a source, so that all text is removed.
  mutating func segment(_ text: inout ByteQueue, last: Bool) {
    tokens.removeAll()
    let isFull = last || text.count + normal.count >= Self.maximumTokenBytes
    if tokenizer.normalization == .none {
      normal.bytes += text.bytes
      text.removeFirst(text.count)
    } else if normalizationRetry.permits(text.count) || isFull {
      let used = ICU.normalize(text.all, tokenizer.normalization, last: last, into: &normal)
      normalizationRetry.update(used: used, of: text.count)
      text.removeFirst(used)
    }
    var used = 0
    switch tokenizer.unit {
    case .byte:
      used = normal.count
      tokens.codes.append(contentsOf: normal.bytes.lazy.map { UInt32($0) })
    case .codepoint:
      used = normal.count
      ICU.scalars(of: normal.all, into: &tokens.codes)
    case .grapheme, .jamo:
      guard segmentationRetry.permits(normal.count) || isFull else { break }
      if tokenizer.unit == .grapheme {
        used = graphemes.segment(normal.all, last: last, into: &tokens)
      } else {
        composed.removeAll()
        used = graphemes.segment(normal.all, last: last, into: &composed)
        decomposer.decompose(composed, into: &tokens)
      }
      segmentationRetry.update(used: used, of: normal.count)
    }
    byteCount += used
    normal.removeFirst(used)
    pendingBytes = text.count + normal.count
  }
}

/// The size at which a stage that could use nothing of its text is called again: twice the size of
/// the last failed call, so that the work on an incomplete token is linear in its size.
struct RetryLimit {
  private var minimum = 0

  /// Returns true if a text of `count` bytes is large enough to be processed.
  func permits(_ count: Int) -> Bool { count >= minimum }

  /// Records that `used` of `count` bytes were used.
  mutating func update(used: Int, of count: Int) { minimum = used == 0 ? 2 * count : 0 }
}

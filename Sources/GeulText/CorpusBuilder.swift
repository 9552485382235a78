/// Builds a corpus in one pass: tokens are collected as indices in order of first
/// occurrence, and the indices are replaced by ids when the vocabulary is known.
struct CorpusBuilder: ~Copyable {
  var notes: [String] = []

  private let options: CorpusOptions
  private var segmenter: TokenSegmenter
  private var counter = TokenCounter()
  private var writer: TokenWriter
  private var endsLine = true
  /// Sources without a line break at the end that are followed by another source.
  private var unterminated: [String] = []

  init(_ options: CorpusOptions) throws(TextError) {
    self.options = options
    segmenter = TokenSegmenter(options.tokenizer)
    writer = TokenWriter(in: options.temporaryFolder, limit: options.tokensInMemory)
  }

  /// Reads a source that is not a folder.
  mutating func read(_ source: TextSource, after previous: TextSource?) throws(TextError) {
    var reader = try TextReader(source, options.readerRules)
    var needsLineFeed = !endsLine
    while !reader.isAtEnd {
      try reader.fill()
      if let byte = reader.text.bytes.last, options.tokenizer.unit != .byte {
        endsLine = byte == 0x0A || byte == 0x0D
        if needsLineFeed { try endLine(of: previous) }
        needsLineFeed = false
      }
      try append(&reader.text, last: reader.isAtEnd)
      try segmenter.checkTokenSize(source.name, reader.byteCount)
    }
    notes += reader.notes
  }

  private mutating func endLine(of source: TextSource?) throws(TextError) {
    var lineFeed = ByteQueue(bytes: [0x0A])
    try append(&lineFeed, last: true)
    unterminated.append(source?.name ?? "")
  }

  private mutating func append(_ text: inout ByteQueue, last: Bool) throws(TextError) {
    segmenter.segment(&text, last: last)
    counter.add(&segmenter.tokens)
    try writer.append(segmenter.tokens.codes)
  }

  /// Completes the corpus; `name` refers to all sources in messages.
  consuming func finish(name: String) throws(TextError) -> Corpus {
    guard writer.count > 0 else { throw TextError(.empty, in: name) }
    if let first = unterminated.first {
      let count = unterminated.count - 1
      let more = count == 0 ? "" : " (and to \(count) more)"
      notes.append("\(first): a line feed was added at the end\(more): the last line had none.")
    }
    let (vocabulary, ids, unknown, unknownBytes) = try makeVocabulary(name: name)
    var hash = StableHash()
    for token in vocabulary.tokens { hash.add(token) }
    let tokenFile = try writer.finish(ids: ids, limit: vocabulary.count, hash: &hash)
    return Corpus(
      tokenizer: options.tokenizer, vocabulary: vocabulary, byteCount: segmenter.byteCount,
      hash: hash.hexadecimal, notes: notes, unknownCount: unknown, tokenFile: tokenFile,
      byteCounts: TokenByteCounts(
        vocabulary, options.tokenizer,
        bytesPerUnknown: Double(unknownBytes) / Double(max(1, unknown))))
  }

  /// Returns the vocabulary, the id of each token index, and the number of unknown tokens and of their bytes.
  private mutating func makeVocabulary(
    name: String
  ) throws(TextError) -> (Vocabulary, ids: [Int32], unknown: Int, unknownBytes: Int) {
    let ranked = counter.ranked()
    let vocabulary: Vocabulary
    if let given = options.vocabulary {
      vocabulary = given
    } else {
      let kept = ranked.prefix { $0.count >= options.minimumCount }.map(\.token)
      guard !kept.isEmpty else {
        throw TextError(.minimumCountTooHigh(options.minimumCount), in: name)
      }
      let hasUnknown = kept.count < ranked.count
      vocabulary = try Vocabulary(
        tokens: kept + (hasUnknown ? [""] : []), unknownID: hasUnknown ? kept.count : nil)
    }

    var ids = [Int32](repeating: 0, count: ranked.count)
    var unknown: [(token: String, count: Int)] = []
    for (index, token, count) in ranked {
      let id = vocabulary.id(of: token)
      ids[index] = Int32(id ?? vocabulary.unknownID ?? -1)
      if id == nil { unknown.append((token, count)) }
    }
    let total = unknown.reduce(0) { $0 + $1.count }
    if let first = unknown.first {
      let category =
        options.vocabulary == nil
        ? "tokens that occur fewer than \(options.minimumCount) times became the unknown token"
        : "tokens that are not in the vocabulary"
      notes.append(
        "\(name): \(category): \(total) (\(unknown.count) distinct),"
          + " most frequent \(describe(first.token)).")
    }
    let bytes = unknown.reduce(0) { $0 + $1.count * $1.token.utf8.count }
    return (vocabulary, ids, total, bytes)
  }
}

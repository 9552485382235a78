/// Builds a corpus, or a part of one, in one pass: tokens are collected as indices in order of first
/// occurrence, and the indices are replaced by ids when the vocabulary is known.
package struct CorpusBuilder: ~Copyable {
  private let options: CorpusOptions
  private var segmenter: TokenSegmenter
  private var counter = TokenCounter()
  private var writer: TokenWriter
  private var sources: [SourceSummary] = []
  private var continuesSource = false
  /// The last source that has text; nil before any text.
  private var lastSource: String?
  private var endsLine = true
  /// Sources without a line break at the end that are followed by another source.
  private var unterminated: [String] = []

  package init(_ options: CorpusOptions) {
    self.options = options
    segmenter = TokenSegmenter(options.tokenizer)
    writer = TokenWriter(in: options.temporaryFolder, limit: options.tokensInMemory)
  }

  /// Reads a part of a text.
  package mutating func read(_ part: TextPart) throws(TextError) {
    continuesSource = part.pieces.first.map { !$0.beginsSource } ?? false
    for piece in part.pieces { try read(piece) }
  }

  private mutating func read(_ piece: TextPart.Piece) throws(TextError) {
    var reader = try TextReader(piece.source, options.readerRules, range: piece.range)
    var needsLineFeed = !endsLine
    while !reader.isAtEnd {
      try reader.fill()
      if let byte = reader.text.bytes.last {
        if needsLineFeed { try endLine() }
        needsLineFeed = false
        lastSource = piece.name
        endsLine = options.tokenizer.unit == .byte || byte == 0x0A || byte == 0x0D
      }
      try append(&reader.text, last: reader.isAtEnd)
      try segmenter.checkTokenSize(piece.source.name, reader.byteCount)
    }
    var summary = reader.summary
    summary.name = piece.name
    sources.append(summary)
  }

  /// Indicates whether the part has text.
  package var hasText: Bool { lastSource != nil }

  /// Adds a line feed to text that does not end with a line break and is followed by another source.
  package mutating func endLine() throws(TextError) {
    guard let lastSource, !endsLine else { return }
    var lineFeed = ByteQueue(bytes: [0x0A])
    try append(&lineFeed, last: true)
    unterminated.append(lastSource)
    endsLine = true
  }

  private mutating func append(_ text: inout ByteQueue, last: Bool) throws(TextError) {
    segmenter.segment(&text, last: last)
    counter.add(&segmenter.tokens)
    try writer.append(segmenter.tokens.codes)
  }

  /// What has been read.
  package var summary: CorpusSummary {
    CorpusSummary(
      tokens: counter.ranked(), count: writer.count, byteCount: segmenter.byteCount,
      sources: sources,
      continuesSource: continuesSource, unterminated: unterminated)
  }

  /// Completes the corpus.
  ///
  /// - Parameters:
  ///   - whole: The summary of all parts.
  ///   - start: The number of tokens in the parts before this one.
  ///   - name: The name of all sources in messages.
  ///   - notes: Messages for the user that precede those on the sources.
  /// - Returns: The corpus, which stores the tokens of this part. Its hash is that of this part; see
  ///   `Corpus.continueHash`.
  /// - Throws: `TextError` if there are no tokens, no token is frequent enough, or the disk is full.
  package consuming func finish(
    _ whole: CorpusSummary, start: Int, name: String, notes: [String]
  ) throws(TextError) -> Corpus {
    guard whole.count > 0 else { throw TextError(.empty, in: name) }
    let vocabulary = try whole.vocabulary(options, name: name)
    let unknown = UnknownTokens(whole, vocabulary)
    let ids = counter.ids(vocabulary)
    var hash = StableHash(vocabulary)
    let file = try writer.finish(ids: ids, limit: vocabulary.count, hash: &hash)
    return Corpus(
      tokenizer: options.tokenizer, vocabulary: vocabulary, byteCount: whole.byteCount,
      hash: hash.hexadecimal, notes: notes + whole.notes + unknown.notes(options, name: name),
      unknownCount: unknown.count,
      tokens: StoredTokens(of: whole.count, [start..<start + file.count], file),
      byteCounts: TokenByteCounts(
        vocabulary, options.tokenizer, bytesPerUnknown: unknown.bytesPerToken))
  }
}

/// The tokens of a text that are not in its vocabulary.
private struct UnknownTokens {
  let count: Int
  let bytesPerToken: Double
  private let distinct: Int
  private let mostFrequent: String

  init(_ summary: CorpusSummary, _ vocabulary: Vocabulary) {
    let unknown = summary.tokens.filter { vocabulary.id(of: $0.token) == nil }
    count = unknown.reduce(0) { $0 + $1.count }
    let bytes = unknown.reduce(0) { $0 + $1.count * $1.token.utf8.count }
    bytesPerToken = Double(bytes) / Double(max(1, count))
    distinct = unknown.count
    mostFrequent = unknown.first?.token ?? ""
  }

  func notes(_ options: CorpusOptions, name: String) -> [String] {
    guard count > 0 else { return [] }
    let category =
      options.vocabulary == nil || options.extendsVocabulary
      ? "tokens that occur fewer than \(options.minimumCount) times became the unknown token"
      : "tokens that are not in the vocabulary"
    return [
      "\(name): \(category): \(count) (\(distinct) distinct), most frequent \(describe(mostFrequent))."
    ]
  }
}

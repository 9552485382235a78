/// A corpus on its way: text goes in, numbers of units go to the file; at the end ids take the
/// place of numbers.
struct CorpusBuilder: ~Copyable {
  var notes: [String] = []

  private let options: CorpusOptions
  private var cutter: TokenSegmenter
  private var census = TokenCounter()
  private var writer: TokenWriter
  private var endsLine = true
  private var unended: [String] = []  // sources that another follows though they do not end a line

  init(_ options: CorpusOptions) throws(TextError) {
    self.options = options
    cutter = TokenSegmenter(options.tokenizer)
    writer = try TokenWriter(in: options.temporaryFolder)
  }

  /// Takes in a source that is no folder.
  mutating func read(_ source: TextSource, after before: TextSource?) throws(TextError) {
    var reader = try TextReader(source, options.readerRules)
    var needsLineFeed = !endsLine
    while !reader.isAtEnd {
      try reader.fill()
      if let byte = reader.text.bytes.last, options.tokenizer.unit != .byte {
        endsLine = byte == 0x0A || byte == 0x0D
        if needsLineFeed { try endLine(of: before) }
        needsLineFeed = false
      }
      try take(&reader.text, last: reader.isAtEnd)
      try cutter.checkPatience(source.name, reader.byteCount)
    }
    notes += reader.notes
  }

  private mutating func endLine(of source: TextSource?) throws(TextError) {
    var lineFeed = ByteQueue(bytes: [0x0A])
    try take(&lineFeed, last: true)
    unended.append(source?.name ?? "")
  }

  private mutating func take(_ text: inout ByteQueue, last: Bool) throws(TextError) {
    cutter.cut(&text, last: last)
    census.add(&cutter.units)
    try writer.append(cutter.units.codes)
  }

  /// Ends the corpus, whose sources together are called `name`.
  consuming func finish(name: String) throws(TextError) -> Corpus {
    guard writer.count > 0 else { throw TextError(.empty, in: name) }
    if let first = unended.first {
      let more = unended.count > 1 ? " So for \(unended.count - 1) more." : ""
      notes.append("\(first): a line feed was put behind it, for its last line has none.\(more)")
    }
    let (vocabulary, ids, unknown) = try numbering(name: name)
    var hash = StableHash()
    for unit in vocabulary.units { hash.add(unit) }
    let tokens = try writer.finish(ids: ids, limit: vocabulary.count, hash: &hash)
    return Corpus(
      tokenizer: options.tokenizer, vocabulary: vocabulary, byteCount: cutter.byteCount,
      hash: hash.hexadecimal, notes: notes, unknownCount: unknown, tokens: tokens,
      sizes: TokenByteCounts(vocabulary, options.tokenizer))
  }

  /// The vocabulary, the id of each number in it, and how many units of the text it does not hold.
  private mutating func numbering(
    name: String
  ) throws(TextError) -> (Vocabulary, ids: [Int32], unknown: Int) {
    let ranked = census.ranked()
    let vocabulary: Vocabulary
    if let given = options.vocabulary {
      vocabulary = given
    } else {
      let kept = ranked.prefix { $0.count >= options.minimumCount }.map(\.unit)
      guard !kept.isEmpty else {
        throw TextError(.nothingFrequent(minimumCount: options.minimumCount), in: name)
      }
      let folds = kept.count < ranked.count
      vocabulary = try Vocabulary(
        units: kept + (folds ? [""] : []), unknownID: folds ? kept.count : nil)
    }

    var ids = [Int32](repeating: 0, count: ranked.count)
    var unknown: [(unit: String, count: Int)] = []
    for (number, unit, count) in ranked {
      let id = vocabulary.id(of: unit)
      ids[number] = Int32(id ?? vocabulary.unknownID ?? -1)
      if id == nil { unknown.append((unit, count)) }
    }
    let total = unknown.reduce(0) { $0 + $1.count }
    if let first = unknown.first {
      let what =
        options.vocabulary == nil
        ? "units that occur less than \(options.minimumCount) times, folded into one"
        : "units that the vocabulary does not hold"
      notes.append(
        "\(name): \(what): \(total), of which different \(unknown.count),"
          + " the most frequent \(describe(first.unit)).")
    }
    return (vocabulary, ids, total)
  }
}

import GeulStorage

/// Reads sources as one list of lines: see `CorpusOptions.listSeed`.
struct ListReader {
  private let options: CorpusOptions
  /// The name of all sources in messages.
  private let name: String
  private var sources: [SourceSummary] = []
  private var text: [UInt8] = []
  /// The different items in the order of their first occurrence, and their numbers of occurrences.
  private var items: [[UInt8]] = []
  private var counts: [Int] = []
  private var indices: [[UInt8]: Int] = [:]
  private var emptyCount = 0
  private var trimmedCount = 0

  /// Reads a list of sources.
  ///
  /// - Throws: `TextError` if a source cannot be read, or the list is empty or too large.
  static func read(
    _ list: SourceList, _ options: CorpusOptions, seed: UInt64
  ) throws(TextError) -> Corpus {
    var reader = ListReader(options, name: list.name)
    for source in list.files { try reader.read(source) }
    return try reader.corpus(seed: seed, notes: list.notes)
  }

  private init(_ options: CorpusOptions, name: String) {
    (self.options, self.name) = (options, name)
  }

  private var count: Int { counts.reduce(0, +) }

  /// Reads the lines of a source; its last line needs no line break.
  private mutating func read(_ source: TextSource) throws(TextError) {
    var reader = try TextReader(source, options.readerRules)
    text.removeAll(keepingCapacity: true)
    while !reader.isAtEnd {
      try reader.fill()
      text += reader.text.bytes
      reader.text.removeFirst(reader.text.count)
      guard text.count <= Corpus.maximumListBytes else { throw tooLarge }
    }
    sources.append(reader.summary)
    var start = 0
    while start < text.count {
      let end = text[start...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? text.count
      add(text[start..<end])
      start = end + (text[end...].starts(with: [0x0D, 0x0A]) ? 2 : 1)
    }
    guard items.count <= ItemSet.maximumCount else { throw tooLarge }
  }

  private var tooLarge: TextError { TextError(.listTooLarge, in: name) }

  private mutating func add(_ line: ArraySlice<UInt8>) {
    let item = options.tokenizer.trimmed(line)
    guard !item.isEmpty else {
      emptyCount += 1
      return
    }
    if item.count < line.count { trimmedCount += 1 }
    // Equal items have the same normal form.
    let text = options.tokenizer.normalizedBytes(Array(item))
    if let index = indices[text] {
      counts[index] += 1
    } else {
      indices[text] = items.count
      items.append(text)
      counts.append(1)
    }
  }

  private func corpus(seed: UInt64, notes: [String]) throws(TextError) -> Corpus {
    guard !items.isEmpty else { throw TextError(.empty, in: name) }
    // Sorting by a keyed hash is a permutation that depends on the seed and the items alone.
    let keys = items.map { ItemSet.hash($0, seed: seed) }
    let order = items.indices.sorted { a, b in
      keys[a] != keys[b] ? keys[a] < keys[b] : items[a].lexicographicallyPrecedes(items[b])
    }
    var shuffled: [UInt8] = [0x0A]
    for index in order {
      for _ in 0..<counts[index] { shuffled += items[index] + [0x0A] }
    }
    guard shuffled.count <= Corpus.maximumListBytes else { throw tooLarge }
    var options = options
    options.encoding = options.tokenizer.unit == .byte ? nil : TextEncoding.utf8.name
    options.tokensInMemory = .max
    var builder = CorpusBuilder(options)
    try builder.read(TextPart([.bytes(shuffled, name: name)]))
    var summary = builder.summary
    summary.sources = sources
    var corpus = try builder.finish(summary, start: 0, name: name, notes: notes + self.notes)
    guard let separator = corpus.vocabulary.id(of: "\n") else {
      throw TextError(.noLineFeed, in: name)
    }
    corpus.list = LineList(
      seed: seed, count: count, items: ItemSet(hashes: items.map { ItemSet.hash($0, seed: 0) }),
      separatorID: Int32(separator))
    return corpus
  }

  /// Messages for the user.
  private var notes: [String] {
    func lines(_ count: Int) -> String { "\(count) line\(count == 1 ? "" : "s")" }
    var notes: [String] = []
    if emptyCount > 0 {
      notes.append("\(emptyCount) empty line\(emptyCount == 1 ? " was" : "s were") skipped.")
    }
    if trimmedCount > 0 {
      notes.append("white space at the ends of \(lines(trimmedCount)) was removed.")
    }
    let duplicates = count - items.count
    if duplicates > 0 {
      notes.append(
        "\(count) items, \(items.count) of them different; an item that is repeated counts as often."
      )
    }
    return notes.map { "\(name): \($0)" }
  }
}

extension Tokenizer {
  /// Returns an item without spaces and tabs at its ends; bytes are not trimmed.
  func trimmed(_ item: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard unit != .byte else { return item }
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    let end = item.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? item.startIndex
    return item[..<end].drop(while: isSpace)
  }

  /// Returns a line in the form in which a list stores it: in the normal form, without spaces and tabs at its ends.
  package func item(_ line: String) -> String {
    String(decoding: trimmed(Array(normalized(line).utf8)[...]), as: UTF8.self)
  }

  /// Returns UTF-8 in the normal form; bytes of `TokenUnit.byte` unchanged.
  fileprivate func normalizedBytes(_ text: [UInt8]) -> [UInt8] {
    normalization == .none ? text : Array(normalized(String(decoding: text, as: UTF8.self)).utf8)
  }
}

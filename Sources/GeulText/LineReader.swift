import GeulStorage

/// Reads sources line by line: as a list, see `CorpusOptions.listSeed`, or as a text with labels, see
/// `CorpusOptions.labels`, or both.
struct LineReader {
  private let options: CorpusOptions
  /// The name of all sources in messages.
  private let name: String
  private var sources: [SourceSummary] = []
  private var text: [UInt8] = []
  /// The number of bytes of all sources so far.
  private var byteCount = 0
  /// The lines of a text, or the different items of a list in the order of their first occurrence.
  private var lines: [Line] = []
  /// The number of occurrences of each item.
  private var counts: [Int] = []
  private var indices: [Line: Int] = [:]
  private var labels = LabelNames()
  private var emptyCount = 0
  private var trimmedCount = 0

  /// A line without its line break, and the index of its label; -1 for none.
  private struct Line: Hashable {
    var label: Int
    var text: [UInt8]
  }

  /// Reads a list of sources.
  ///
  /// - Throws: `TextError` if a source cannot be read, a line has no label, or there are no lines or too many.
  static func read(_ list: SourceList, _ options: CorpusOptions) throws(TextError) -> Corpus {
    var reader = LineReader(options, name: list.name)
    for source in list.files { try reader.read(source) }
    return try reader.corpus(notes: list.notes)
  }

  private init(_ options: CorpusOptions, name: String) {
    (self.options, self.name) = (options, name)
  }

  private var isList: Bool { options.listSeed != nil }
  private var count: Int { counts.reduce(0, +) }

  /// Reads the lines of a source; its last line needs no line break.
  private mutating func read(_ source: TextSource) throws(TextError) {
    var reader = try TextReader(source, options.readerRules)
    text.removeAll(keepingCapacity: true)
    while !reader.isAtEnd {
      try reader.fill()
      text += reader.text.bytes
      byteCount += reader.text.count
      reader.text.removeFirst(reader.text.count)
      guard byteCount <= Corpus.maximumListBytes else { throw tooLarge }
    }
    sources.append(reader.summary)
    var label = -1
    switch options.labels?.origin {
    case .file: label = try labels.index(of: try fileLabel(source), in: source.name)
    case .fixed(let name): label = try labels.index(of: name, in: source.name)
    case .line, nil: break
    }
    var (start, number) = (0, 0)
    while start < text.count {
      let end = text[start...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? text.count
      number += 1
      var line = text[start..<end]
      if options.labels?.origin == .line, !options.tokenizer.trimmed(line).isEmpty {
        label = try takeLabel(&line, number, in: source.name)
      }
      add(line, label)
      start = end + (text[end...].starts(with: [0x0D, 0x0A]) ? 2 : 1)
    }
    guard lines.count <= ItemSet.maximumCount else { throw tooLarge }
  }

  private var tooLarge: TextError { TextError(.listTooLarge, in: name) }

  private func fileLabel(_ source: TextSource) throws(TextError) -> String {
    guard case .path(let path) = source else {
      throw TextError(.noFileLabel, in: source.name)
    }
    return FileSystem.stem(of: path)
  }

  /// Removes the label, which ends with a tab, from a line.
  private mutating func takeLabel(
    _ line: inout ArraySlice<UInt8>, _ number: Int, in source: String
  ) throws(TextError) -> Int {
    guard let tab = line.firstIndex(of: 0x09) else {
      throw TextError(
        .invalidLabel("line \(number) has no label; begin it with a label and a tab"), in: source)
    }
    var label = line[..<tab].drop { $0 == 0x20 }
    while label.last == 0x20 { label.removeLast() }
    guard !label.isEmpty else {
      throw TextError(
        .invalidLabel("line \(number) has an empty label; write a name before the tab"), in: source)
    }
    line = line[(tab + 1)...]
    // An empty item is skipped, and its label may have no other.
    guard !isList || !options.tokenizer.trimmed(line).isEmpty else { return -1 }
    return try labels.index(of: String(decoding: label, as: UTF8.self), in: source)
  }

  private mutating func add(_ line: ArraySlice<UInt8>, _ label: Int) {
    guard isList else {
      guard label >= 0 else {
        // An empty line before the first label.
        emptyCount += 1
        return
      }
      lines.append(Line(label: label, text: Array(line)))
      return
    }
    let item = options.tokenizer.trimmed(line)
    guard !item.isEmpty else {
      emptyCount += 1
      return
    }
    if item.count < line.count { trimmedCount += 1 }
    // Equal items have the same normal form.
    let text = Line(label: label, text: options.tokenizer.normalizedBytes(Array(item)))
    if let index = indices[text] {
      counts[index] += 1
    } else {
      indices[text] = lines.count
      lines.append(text)
      counts.append(1)
    }
  }

  private func corpus(notes: [String]) throws(TextError) -> Corpus {
    guard lines.contains(where: { !$0.text.isEmpty }) else { throw TextError(.empty, in: name) }
    let ordered = options.listSeed.map(shuffled) ?? withHeldOutAtEnd
    var text: [UInt8] = [0x0A]
    for line in ordered { text += line.text + [0x0A] }
    guard text.count <= Corpus.maximumListBytes else { throw tooLarge }
    var options = options
    options.encoding = options.tokenizer.unit == .byte ? nil : TextEncoding.utf8.name
    options.tokensInMemory = .max
    var builder = CorpusBuilder(options)
    try builder.read(TextPart([.bytes(text, name: name)]))
    var summary = builder.summary
    summary.sources = sources
    var corpus = try builder.finish(summary, start: 0, name: name, notes: notes + self.notes)
    guard let separator = corpus.vocabulary.id(of: "\n") else {
      throw TextError(.noLineFeed, in: name)
    }
    if let rule = options.labels {
      let known = try labels.ranked(
        lines.indices.map { (lines[$0].label, counts.isEmpty ? 1 : counts[$0]) },
        known: options.vocabulary?.labels, in: name)
      corpus = try corpus.labeled(by: ordered.map { known.order[$0.label] }, names: known.names)
      corpus.labels = rule
    }
    if let seed = options.listSeed {
      corpus.list = LineList(
        seed: seed, count: count,
        items: ItemSet(hashes: lines.map { ItemSet.hash($0.text, seed: 0) }),
        separatorID: Int32(separator))
    }
    return corpus
  }

  /// Returns the items of a list in their order: sorted by a keyed hash, so that the permutation depends only on the seed and
  /// the items.
  private func shuffled(seed: UInt64) -> [Line] {
    let keys = lines.map { ItemSet.hash($0.text, seed: seed) }
    let order = lines.indices.sorted { a, b in
      if keys[a] != keys[b] { return keys[a] < keys[b] }
      if lines[a].text != lines[b].text {
        return lines[a].text.lexicographicallyPrecedes(lines[b].text)
      }
      return labels.names[lines[a].label].utf8.lexicographicallyPrecedes(
        labels.names[lines[b].label].utf8)
    }
    return order.flatMap { repeatElement(lines[$0], count: counts[$0]) }
  }

  /// The lines of a text with the last ones of each label, the part that is held out, at the end.
  private var withHeldOutAtEnd: [Line] {
    let fraction = options.labels?.heldOut ?? 0
    guard fraction > 0 else { return lines }
    var remaining = [Double](repeating: 0, count: labels.names.count)
    for line in lines { remaining[line.label] += Double(line.text.count + 1) * fraction }
    var (training, heldOut): ([Line], [Line]) = ([], [])
    for line in lines.reversed() {
      if remaining[line.label] > 0 { heldOut.append(line) } else { training.append(line) }
      remaining[line.label] -= Double(line.text.count + 1)
    }
    return training.reversed() + heldOut.reversed()
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
    let duplicates = count - self.lines.count
    if isList, duplicates > 0 {
      notes.append(
        "\(count) items, \(self.lines.count) of them different; an item that is repeated counts each time."
      )
    }
    return notes.map { "\(name): \($0)" }
  }
}

/// The names of labels in the order of their first occurrence.
private struct LabelNames {
  private(set) var names: [String] = []
  private var indices: [String: Int] = [:]

  /// Returns the index of a label, which is added if it is new.
  mutating func index(of name: String, in source: String) throws(TextError) -> Int {
    if let index = indices[name] { return index }
    guard names.count < LabelTokens.maximumCount else {
      throw TextError(
        .invalidLabel("there are more than \(LabelTokens.maximumCount) labels"), in: source)
    }
    indices[name] = names.count
    names.append(name)
    return names.count - 1
  }

  /// Returns the labels of a vocabulary, by default the most frequent first, and the position of each name among them.
  func ranked(
    _ lines: [(label: Int, count: Int)], known: LabelTokens?, in source: String
  ) throws(TextError) -> (names: [String], order: [Int]) {
    if let known {
      var order: [Int] = []
      for name in names {
        guard let index = known.names.firstIndex(of: name) else {
          throw TextError(.unknownLabel(name, known: known.names), in: source)
        }
        order.append(index)
      }
      return (known.names, order)
    }
    guard names.count > 1 else {
      throw TextError(
        .invalidLabel("there is only one label, \(names.first ?? ""), and at least two are needed"),
        in: source)
    }
    var counts = [Int](repeating: 0, count: names.count)
    for line in lines { counts[line.label] += line.count }
    let ranked = names.indices.sorted { a, b in
      counts[a] != counts[b]
        ? counts[a] > counts[b] : names[a].utf8.lexicographicallyPrecedes(names[b].utf8)
    }
    var order = [Int](repeating: 0, count: names.count)
    for (position, index) in ranked.enumerated() { order[index] = position }
    return (ranked.map { names[$0] }, order)
  }
}

extension Corpus {
  /// Returns this text with the token of a label in place of the line feed before each line.
  ///
  /// - Parameters:
  ///   - labels: The index of the label of each line.
  ///   - names: The names of the labels.
  /// - Returns: The text, whose vocabulary has the tokens of the labels.
  /// - Throws: `TextError` if the vocabulary would be invalid.
  fileprivate func labeled(by labels: [Int], names: [String]) throws(TextError) -> Corpus {
    let vocabulary =
      vocabulary.labels != nil
      ? vocabulary
      : try Vocabulary(
        tokens: vocabulary.tokens + names.map { LabelTokens.prefix + $0 },
        unknownID: vocabulary.unknownID)
    guard let tokens = vocabulary.labels else { return self }
    var blocks: [[UInt32]] = []
    var line = 0
    for start in stride(from: 0, to: count, by: TokenWriter.blockCount) {
      blocks.append(
        ids(start..<min(count, start + TokenWriter.blockCount)).map { id in
          guard Int(id) == tokens.lineFeedID, line < labels.count else {
            return UInt32(bitPattern: id)
          }
          defer { line += 1 }
          return UInt32(tokens.firstID + labels[line])
        })
    }
    let hasUnknown = unknownCount > 0 && vocabulary.unknownID == nil
    var labeled = Corpus(
      tokenizer: tokenizer, vocabulary: vocabulary, byteCount: byteCount, hash: hash, notes: notes,
      unknownCount: unknownCount,
      tokens: StoredTokens(
        of: count, [0..<count], TokenFile(blocks, count: count, hasUnknown: hasUnknown)),
      byteCounts: TokenByteCounts(
        vocabulary, tokenizer, bytesPerUnknown: byteCounts.bytesPerUnknown))
    var words: [UInt64] = []
    labeled.continueHash(&words)
    labeled.setHash(words)
    return labeled
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

/// What is known about a part of a text once it has been read: what the parts share to become one corpus.
package struct CorpusSummary: Codable, Sendable {
  /// The distinct tokens: the most frequent first, equally frequent ones in the order of their code points.
  var tokens: [TokenCount]
  /// The number of tokens.
  package var count: Int
  /// The size of the normalized text in bytes of UTF-8.
  var byteCount: Int
  var sources: [SourceSummary]
  /// Indicates whether the first of `sources` continues the last one of the part before.
  let continuesSource: Bool
  /// The sources to which a line feed was added.
  var unterminated: [String]

  /// A token and its number of occurrences.
  struct TokenCount: Codable, Sendable {
    let token: String
    var count: Int

    static func precedes(_ a: TokenCount, _ b: TokenCount) -> Bool {
      a.count != b.count ? a.count > b.count : a.token.utf8.lexicographicallyPrecedes(b.token.utf8)
    }
  }

}

extension CorpusSummary {
  /// Merges the summaries of all parts of a text, in their order.
  package init(merging parts: [CorpusSummary]) {
    self = parts[0]
    guard parts.count > 1 else { return }
    var total = Dictionary(
      uniqueKeysWithValues: tokens.map { (ExactText($0.token), $0.count) })
    for part in parts.dropFirst() {
      for token in part.tokens { total[ExactText(token.token), default: 0] += token.count }
      count += part.count
      byteCount += part.byteCount
      unterminated += part.unterminated
      var next = part.sources[...]
      if part.continuesSource, let first = next.popFirst() {
        sources[sources.count - 1].add(first)
      }
      sources += next
    }
    tokens = total.map { TokenCount(token: $0.key.text, count: $0.value) }
      .sorted(by: TokenCount.precedes)
  }

  /// Messages for the user on the sources.
  var notes: [String] {
    var notes = sources.flatMap(\.notes)
    if let first = unterminated.first {
      let count = unterminated.count - 1
      let more = count == 0 ? "" : " (and to \(count) more)"
      notes.append("\(first): a line feed was added at the end\(more): the last line had none.")
    }
    return notes
  }

  /// Returns the vocabulary of the text: the given one, the given one with the new tokens of the text, or the tokens of
  /// the text.
  func vocabulary(_ options: CorpusOptions, name: String) throws(TextError) -> Vocabulary {
    let given = options.vocabulary
    if let given, !options.extendsVocabulary { return given }
    let new = tokens.filter { given?.id(of: $0.token) == nil }
    let kept = new.prefix { $0.count >= options.minimumCount }.map(\.token)
    guard given != nil || !kept.isEmpty else {
      throw TextError(.minimumCountTooHigh(options.minimumCount), in: name)
    }
    var tokens = (given?.tokens ?? []) + kept
    var unknownID = given?.unknownID
    if kept.count < new.count, unknownID == nil {
      unknownID = tokens.count
      tokens.append("")
    }
    return try Vocabulary(tokens: tokens, unknownID: unknownID)
  }
}

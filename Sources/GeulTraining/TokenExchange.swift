package import GeulText

/// The exchange of token ids after which each rank has the ranges of a text that it needs.
///
/// The ranks have read consecutive parts of the text. In each round every rank sends the next `roundCount` tokens of its
/// part to the ranks that need them.
package struct TokenExchange {
  private let corpus: Corpus
  private let communicator: any Communicator
  /// The disjoint ranges that each rank needs.
  private let needs: [[Range<Int>]]

  /// The number of tokens that a rank sends in a round, which bounds the memory of the messages.
  private let roundCount: Int

  /// Prepares the exchange; `needs` has the ranges of each rank, which may overlap.
  package init(
    _ corpus: Corpus, needs: [[Range<Int>]], _ communicator: any Communicator,
    roundCount: Int = 1 << 22
  ) {
    self.roundCount = roundCount
    self.corpus = corpus
    self.communicator = communicator
    self.needs = needs.map(Self.merged)
  }

  /// Returns disjoint ranges, in order, with the same elements.
  static func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
    var merged: [Range<Int>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
      if let last = merged.last, range.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    return merged
  }

  /// Exchanges the tokens; all rounds take place even if this rank cannot store its tokens.
  ///
  /// - Returns: The corpus with the ranges that this rank needs.
  /// - Throws: `TextError` if the disk is full.
  package func run() throws(TextError) -> Corpus {
    let own = corpus.storedRanges.first ?? 0..<0
    let bounds = communicator.allGather(own.upperBound)
    let parts = zip([0] + bounds, bounds).map { $0..<$1 }
    var collected = Result { () throws(TextError) in
      try TokenCollector(needs[communicator.rank], of: corpus)
    }
    let rounds = parts.map { ($0.count + roundCount - 1) / roundCount }.max() ?? 0
    for round in 0..<rounds {
      // The tokens that each rank sends in this round.
      let sent = parts.map { $0.dropFirst(round * roundCount).prefix(roundCount) }
      let received = exchange(sent)
      collected = collected.flatMap { collector in
        Result { () throws(TextError) in
          var collector = collector
          try store(received, sent, in: &collector)
          return collector
        }
      }
    }
    return try collected.get().finish()
  }

  /// Returns the tokens that this rank needs of those that the ranks send.
  private func exchange(_ sent: [Range<Int>]) -> [Int32] {
    let rank = communicator.rank
    let parts = needs.map { Self.overlaps(sent[rank], $0) }
    return communicator.allToAll(
      parts.flatMap { $0.flatMap { corpus.ids($0) } }, counts: parts.map(Self.count),
      receivedCounts: sent.map { Self.count(Self.overlaps($0, needs[rank])) })
  }

  private func store(
    _ received: [Int32], _ sent: [Range<Int>], in collector: inout TokenCollector
  ) throws(TextError) {
    var start = 0
    for part in sent.flatMap({ Self.overlaps($0, needs[communicator.rank]) }) {
      try collector.store(received[start..<start + part.count], at: part.lowerBound)
      start += part.count
    }
  }

  private static func overlaps(_ range: Range<Int>, _ others: [Range<Int>]) -> [Range<Int>] {
    others.map { $0.clamped(to: range) }.filter { !$0.isEmpty }
  }

  private static func count(_ ranges: [Range<Int>]) -> Int { ranges.reduce(0) { $0 + $1.count } }
}

extension NGramModel {
  /// Returns a model whose `bytes` are at most `limit`, without the rarest n-grams.
  ///
  /// The longest n-grams with the count 1 are removed first, then shorter ones, then those with the count 2, and so on. The shorter
  /// contexts get their probability. An n-gram that begins a longer one is kept with it; n-grams of one token are always
  /// kept.
  ///
  /// - Returns: Nil if even the n-grams of one token take more.
  /// - Complexity: O(n) for each of up to 64 counts and 7 lengths, for the n n-grams that are left.
  public func pruned(toBytes limit: Int) -> NGramModel? {
    if byteCount <= limit { return self }
    // Each step removes more than the one before, so that it starts from what that one left.
    var model = self
    for count: UInt32 in 1...64 {
      for length in (2...max(2, order)).reversed() where length <= order {
        let limits = (1...order).map { $0 >= length ? count : $0 == 1 ? 0 : count - 1 }
        model = model.pruned(limits)
        if model.byteCount <= limit { return model }
      }
    }
    model = model.pruned((1...order).map { $0 == 1 ? 0 : UInt32.max })
    return model.byteCount <= limit ? model : nil
  }

  /// Returns a model without the n-grams of each length that occur at most `limits[length - 1]` times.
  private func pruned(_ limits: [UInt32]) -> NGramModel {
    // From the longest to the shortest: an n-gram is kept if it is frequent, or begins one that is kept.
    var kept = levels.map { [Bool](repeating: false, count: $0.tokens.count) }
    for length in (1...order).reversed() {
      let level = levels[length - 1]
      for index in level.tokens.indices {
        var isKept = level.counts[index] > limits[length - 1]
        if !isKept, length < order {
          let longer = Int(level.firstLonger[index])..<Int(level.firstLonger[index + 1])
          isKept = longer.contains { kept[length][$0] }
        }
        kept[length - 1][index] = isKept
      }
    }
    var result = [Level](repeating: Level(), count: order)
    for length in 1...order {
      let level = levels[length - 1]
      for index in level.tokens.indices where kept[length - 1][index] {
        result[length - 1].tokens.append(level.tokens[index])
        result[length - 1].counts.append(level.counts[index])
        guard length < order else { continue }
        var (first, removed) = (result[length - 1].firstLonger.last ?? 0, level.removed[index])
        if result[length - 1].firstLonger.isEmpty { result[length - 1].firstLonger = [0] }
        for longer in Int(level.firstLonger[index])..<Int(level.firstLonger[index + 1]) {
          if kept[length][longer] { first += 1 } else { removed += levels[length].counts[longer] }
        }
        result[length - 1].firstLonger.append(first)
        result[length - 1].removed.append(removed)
      }
      if length < order, result[length - 1].firstLonger.isEmpty {
        result[length - 1].firstLonger = [0]
      }
    }
    return NGramModel(vocabulary: vocabulary, levels: result, discounts: discounts)
  }
}

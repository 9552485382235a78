internal import GeulCompute
internal import GeulModel
internal import GeulText

extension Evaluator {
  /// The maximum number of items that a thread scores at a time.
  private static let itemRows = 64
  /// The maximum number of tokens of an item that are read at a time.
  private static let itemLength = 64

  /// Computes the loss of the items of a list, each from a zero state after a line feed, as generation starts.
  ///
  /// - Parameters:
  ///   - corpus: The list.
  ///   - range: The part to score; it begins with a line feed.
  ///   - shouldStop: Called after every few hundred items.
  /// - Returns: The loss of the items and of the line feeds that end them; nil if `shouldStop` returned true.
  func itemLoss(
    _ corpus: Corpus, _ range: Range<Int>, unless shouldStop: () -> Bool = { false }
  ) -> Loss? {
    var loss = Loss()
    let items = Self.items(corpus, range, &loss)
    // Items of similar length are scored together, so that few positions are padding.
    let order = items.indices.sorted { (-items[$0].count, $0) < (-items[$1].count, $1) }
    let batches = stride(from: 0, to: order.count, by: Self.itemRows).map {
      Array(order[$0..<min(order.count, $0 + Self.itemRows)])
    }
    let threads = max(1, min(context.pool.count, batches.count))
    let rows = min(Self.itemRows, items.count)
    let length = min(Self.itemLength, order.first.map { items[$0].count - 1 } ?? 1)
    var workers = (0..<threads).map { _ in
      ItemWorker(shard: makeShard(rows: max(1, rows), length: max(1, length)))
    }
    var nats = [Double](repeating: 0, count: items.count)
    for start in stride(from: 0, to: batches.count, by: threads) {
      if shouldStop() { return nil }
      for index in workers.indices {
        workers[index].items = start + index < batches.count ? batches[start + index] : []
      }
      context.pool.forEach(&workers) { worker in
        worker.score(items, weights, context.kernels, corpus.vocabulary.labels)
      }
      for worker in workers {
        for (item, value) in zip(worker.items, worker.nats) { nats[item] = value }
      }
    }
    // Added in the order of the list: the sum does not depend on the number of threads.
    loss.nats = nats.reduce(0, +)
    return loss
  }

  /// Returns the known tokens of each item of a part of a list: a line feed, the item and a line feed.
  private static func items(
    _ corpus: Corpus, _ range: Range<Int>, _ loss: inout Loss
  ) -> [[Int32]] {
    var items: [[Int32]] = []
    let starts = corpus.itemStarts(in: range)
    for (number, start) in starts.enumerated() {
      let end = number + 1 < starts.count ? starts[number + 1] + 1 : range.upperBound
      let all = corpus.ids(start..<end)
      let known = all.filter { $0 >= 0 }
      loss.unknown += all.count - known.count
      guard known.count > 1 else { continue }
      loss.tokens += known.count - 1
      items.append(known)
    }
    loss.items = items.count
    return items
  }
}

/// The scoring of some items on one thread.
private struct ItemWorker: Sendable {
  let shard: BatchShard
  /// The indices of the items, the longest first.
  var items: [Int] = []
  /// The loss of each item, in nats.
  var nats: [Double] = []

  init(shard: BatchShard) { self.shard = shard }

  /// Computes the losses of `items`.
  mutating func score(
    _ all: [[Int32]], _ weights: PackedNetwork, _ kernels: Kernels, _ labels: LabelTokens?
  ) {
    nats = Array(repeating: 0, count: items.count)
    guard let longest = items.first.map({ all[$0].count }) else { return }
    shard.resize(rows: items.count)
    shard.resetState()
    for start in stride(from: 0, to: longest - 1, by: shard.length) {
      let steps = min(shard.length, longest - 1 - start)
      for (row, item) in items.enumerated() {
        // -1 after the end of the item: it does not count.
        var ids = [Int32](repeating: -1, count: steps + 1)
        for (step, id) in all[item].dropFirst(start).prefix(steps + 1).enumerated() {
          ids[step] = id
        }
        shard.setTokens(row: row, ids, labels: labels)
      }
      shard.forward(weights, kernels, steps: steps)
      shard.carryState(after: steps)
      for row in items.indices {
        for step in 0..<steps { nats[row] += shard.losses[step * items.count + row] }
      }
    }
  }
}

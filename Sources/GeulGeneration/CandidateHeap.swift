/// Hands out candidates from the best on, sorting no more of them than are asked for.
///
/// Better is the greater logit, and of equals the smaller id. A binary heap (Williams 1964).
///
/// - Complexity: O(n) to fill, O(log n) for each candidate taken; a refill allocates nothing.
struct CandidateHeap: Sendable {
  private var ids: [Int32] = []

  init(capacity: Int) { ids.reserveCapacity(capacity) }

  /// Takes in other candidates instead of those left.
  mutating func fill(_ candidates: [Int32], _ logits: [Float]) {
    ids.removeAll(keepingCapacity: true)
    ids.append(contentsOf: candidates)
    for place in stride(from: ids.count / 2 - 1, through: 0, by: -1) { sink(place, logits) }
  }

  /// Takes out the best candidate; there is one.
  mutating func takeBest(_ logits: [Float]) -> Int32 {
    let best = ids[0]
    let last = ids.removeLast()
    if !ids.isEmpty {
      ids[0] = last
      sink(0, logits)
    }
    return best
  }

  /// Whether candidate `a` comes before candidate `b`.
  static func isBetter(_ a: Int32, _ b: Int32, _ logits: [Float]) -> Bool {
    let (first, second) = (logits[Int(a)], logits[Int(b)])
    return first > second || first == second && a < b
  }

  /// Moves a candidate down until no better one is below it.
  private mutating func sink(_ start: Int, _ logits: [Float]) {
    var place = start
    let moving = ids[place]
    while 2 * place + 1 < ids.count {
      var child = 2 * place + 1
      if child + 1 < ids.count, Self.isBetter(ids[child + 1], ids[child], logits) { child += 1 }
      guard Self.isBetter(ids[child], moving, logits) else { break }
      ids[place] = ids[child]
      place = child
    }
    ids[place] = moving
  }
}

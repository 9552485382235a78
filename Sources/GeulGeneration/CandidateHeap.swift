/// A max-heap of candidate indices, which sorts no more candidates than are removed.
///
/// Candidates are ordered by descending score, such as their logits; ties are broken by ascending index. A binary heap
/// (Williams 1964).
///
/// - Complexity: O(n) to fill, O(log n) to remove the best; refilling allocates nothing.
struct CandidateHeap: Sendable {
  private var indices: [Int] = []

  init(capacity: Int) { indices.reserveCapacity(capacity) }

  /// Replaces the contents with the indices of the first `count` scores.
  mutating func fill<Score: Comparable>(_ count: Int, _ scores: [Score]) {
    indices.removeAll(keepingCapacity: true)
    indices.append(contentsOf: 0..<count)
    for node in stride(from: count / 2 - 1, through: 0, by: -1) { siftDown(node, scores) }
  }

  /// Removes and returns the index of the best candidate.
  ///
  /// - Precondition: The heap is not empty.
  mutating func removeBest<Score: Comparable>(_ scores: [Score]) -> Int {
    let best = indices[0]
    let last = indices.removeLast()
    if !indices.isEmpty {
      indices[0] = last
      siftDown(0, scores)
    }
    return best
  }

  /// Returns true if candidate `a` is ordered before candidate `b`.
  static func isBetter<Score: Comparable>(_ a: Int, _ b: Int, _ scores: [Score]) -> Bool {
    scores[a] > scores[b] || scores[a] == scores[b] && a < b
  }

  /// Moves the index at node `start` down until no child is better.
  private mutating func siftDown<Score: Comparable>(_ start: Int, _ scores: [Score]) {
    var node = start
    let moving = indices[node]
    while 2 * node + 1 < indices.count {
      var child = 2 * node + 1
      if child + 1 < indices.count, Self.isBetter(indices[child + 1], indices[child], scores) {
        child += 1
      }
      guard Self.isBetter(indices[child], moving, scores) else { break }
      indices[node] = indices[child]
      node = child
    }
    indices[node] = moving
  }
}

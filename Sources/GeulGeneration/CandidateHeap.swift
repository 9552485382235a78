/// Hands out the places of scores from the best on, sorting no more of them than are asked for.
///
/// Better is the greater score, and of equals the earlier place. A binary heap (Williams 1964).
///
/// - Complexity: O(n) to fill, O(log n) for each place taken; a refill allocates nothing.
struct CandidateHeap: Sendable {
  private var places: [Int] = []

  init(capacity: Int) { places.reserveCapacity(capacity) }

  /// Takes in the first `count` places instead of those left.
  mutating func fill(_ count: Int, _ scores: [Float]) {
    places.removeAll(keepingCapacity: true)
    places.append(contentsOf: 0..<count)
    for node in stride(from: count / 2 - 1, through: 0, by: -1) { sink(node, scores) }
  }

  /// Takes out the best place; there is one.
  mutating func takeBest(_ scores: [Float]) -> Int {
    let best = places[0]
    let last = places.removeLast()
    if !places.isEmpty {
      places[0] = last
      sink(0, scores)
    }
    return best
  }

  /// Whether place `a` comes before place `b`.
  static func isBetter(_ a: Int, _ b: Int, _ scores: [Float]) -> Bool {
    scores[a] > scores[b] || scores[a] == scores[b] && a < b
  }

  /// Moves a place down until no better one is below it.
  private mutating func sink(_ start: Int, _ scores: [Float]) {
    var node = start
    let moving = places[node]
    while 2 * node + 1 < places.count {
      var child = 2 * node + 1
      if child + 1 < places.count, Self.isBetter(places[child + 1], places[child], scores) {
        child += 1
      }
      guard Self.isBetter(places[child], moving, scores) else { break }
      places[node] = places[child]
      node = child
    }
    places[node] = moving
  }
}

/// The suffix array of a sequence: the starts of all suffixes in ascending order.
///
/// It finds every occurrence of a string in O(m log n) comparisons. The construction is SA-IS (Nong, Zhang and Chan 2009,
/// "Linear Suffix Array Construction by Almost Pure Induced-Sorting"). A suffix that is a prefix of another one comes first.
///
/// - Complexity: O(n) time; 8 bytes per symbol, and at most 10 more while it is made.
package struct SuffixArray: Sendable {
  /// The sequence, whose symbols are at least 0.
  package let symbols: [Int32]
  /// The starts of the suffixes in ascending order.
  package let suffixes: [Int32]

  /// Sorts the suffixes of a sequence.
  ///
  /// - Parameters:
  ///   - symbols: The sequence, of fewer than 2^31 - 1 symbols.
  ///   - alphabetSize: A number that is greater than each symbol.
  package init(_ symbols: [Int32], alphabetSize: Int) {
    precondition(symbols.count < Int(Int32.max), "\(symbols.count) symbols are too many")
    self.symbols = symbols
    suffixes = SuffixSorter.sort(symbols, alphabetSize: alphabetSize)
  }

  /// All suffixes: the range of the empty string.
  package var all: Range<Int> { 0..<suffixes.count }

  /// Returns the suffixes in `range`, which begin with the same `depth` symbols, whose next symbol is `symbol`.
  package func narrow(_ range: Range<Int>, depth: Int, by symbol: Int32) -> Range<Int> {
    let start = firstIndex(in: range, depth) { $0 >= symbol }
    let end = firstIndex(in: start..<range.upperBound, depth) { $0 > symbol }
    return start..<end
  }

  /// Calls `body` with each symbol that follows the first `depth` symbols of the suffixes in `range`, ascending.
  package func forEachNext(in range: Range<Int>, depth: Int, _ body: (Int32) -> Void) {
    // At most one suffix ends after these symbols; it is the first one.
    var start = firstIndex(in: range, depth) { $0 >= 0 }
    while start < range.upperBound {
      let symbol = symbols[Int(suffixes[start]) + depth]
      body(symbol)
      start = firstIndex(in: start..<range.upperBound, depth) { $0 > symbol }
    }
  }

  /// Returns the first index in `range` whose symbol at `depth`, -1 after the end, satisfies a monotonic predicate.
  private func firstIndex(
    in range: Range<Int>, _ depth: Int, where predicate: (Int32) -> Bool
  ) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low + high) / 2
      let position = Int(suffixes[middle]) + depth
      if predicate(position < symbols.count ? symbols[position] : -1) {
        high = middle
      } else {
        low = middle + 1
      }
    }
    return low
  }

  /// Returns the lengths of the longest common prefixes of adjacent suffixes; the first is 0.
  ///
  /// Kärkkäinen, Manzini and Puglisi 2009, "Permuted Longest-Common-Prefix Array".
  ///
  /// - Complexity: O(n).
  package func commonPrefixLengths() -> [Int32] {
    let count = symbols.count
    var previous = [Int32](repeating: -1, count: count)
    for index in suffixes.indices.dropFirst() {
      previous[Int(suffixes[index])] = suffixes[index - 1]
    }
    // The lengths by the start of the suffix; that of the next start is at most one less.
    var length = 0
    for start in 0..<count {
      let other = Int(previous[start])
      guard other >= 0 else {
        length = 0
        previous[start] = 0
        continue
      }
      while start + length < count, other + length < count,
        symbols[start + length] == symbols[other + length]
      {
        length += 1
      }
      previous[start] = Int32(length)
      length = max(0, length - 1)
    }
    return suffixes.map { previous[Int($0)] }
  }
}

/// The algorithm SA-IS.
private enum SuffixSorter {
  /// Returns the suffix array of symbols from 0 to `alphabetSize - 1`.
  static func sort(_ symbols: [Int32], alphabetSize: Int) -> [Int32] {
    let count = symbols.count
    guard count > 1 else { return [Int32](repeating: 0, count: count) }
    // A suffix is of type S if it is smaller than the next one; the last one is of type L, since it is greater than the end.
    var isSmaller = [Bool](repeating: false, count: count)
    for index in stride(from: count - 2, through: 0, by: -1) {
      isSmaller[index] =
        symbols[index] < symbols[index + 1]
        || symbols[index] == symbols[index + 1] && isSmaller[index + 1]
    }
    var sizes = [Int32](repeating: 0, count: alphabetSize)
    for symbol in symbols { sizes[Int(symbol)] += 1 }

    // Leftmost S suffixes begin the substrings that are sorted first.
    func isLeftmost(_ index: Int) -> Bool {
      index > 0 && isSmaller[index] && !isSmaller[index - 1]
    }
    let leftmost = (1..<count).filter { isSmaller[$0] && !isSmaller[$0 - 1] }.map { Int32($0) }
    var suffixes = [Int32](repeating: -1, count: count)
    induce(&suffixes, leftmost, symbols, isSmaller, sizes)
    guard leftmost.count > 1 else { return suffixes }

    // Name the substrings by their order; equal ones have the same name.
    var names = [Int32](repeating: -1, count: count)
    var (name, last): (Int32, Int) = (-1, -1)
    for suffix in suffixes where isLeftmost(Int(suffix)) {
      let start = Int(suffix)
      if last < 0 || !areEqual(last, start, symbols, isSmaller) { name += 1 }
      names[start] = name
      last = start
    }
    var order: [Int32]
    let reduced = leftmost.map { names[Int($0)] }
    names = []
    if Int(name) + 1 < leftmost.count {
      order = sort(reduced, alphabetSize: Int(name) + 1)
    } else {
      order = [Int32](repeating: 0, count: leftmost.count)
      for (index, name) in reduced.enumerated() { order[Int(name)] = Int32(index) }
    }
    for index in order.indices { order[index] = leftmost[Int(order[index])] }
    induce(&suffixes, order, symbols, isSmaller, sizes)
    return suffixes
  }

  /// Indicates whether the substrings from two leftmost S suffixes to the next ones are equal.
  private static func areEqual(
    _ a: Int, _ b: Int, _ symbols: [Int32], _ isSmaller: [Bool]
  ) -> Bool {
    var offset = 0
    while true {
      let (left, right) = (a + offset, b + offset)
      // The end of the sequence is a substring of its own.
      guard left < symbols.count, right < symbols.count else { return false }
      guard symbols[left] == symbols[right], isSmaller[left] == isSmaller[right] else {
        return false
      }
      if offset > 0 {
        let leftEnds = isSmaller[left] && !isSmaller[left - 1]
        let rightEnds = isSmaller[right] && !isSmaller[right - 1]
        if leftEnds || rightEnds { return leftEnds && rightEnds }
      }
      offset += 1
    }
  }

  /// Sorts all suffixes, given the order of the leftmost S suffixes.
  private static func induce(
    _ suffixes: inout [Int32], _ leftmost: [Int32], _ symbols: [Int32], _ isSmaller: [Bool],
    _ sizes: [Int32]
  ) {
    let count = symbols.count
    for index in suffixes.indices { suffixes[index] = -1 }
    var (starts, ends) = bounds(sizes)
    let lastEnds = ends
    for suffix in leftmost.reversed() {
      let symbol = Int(symbols[Int(suffix)])
      ends[symbol] -= 1
      suffixes[Int(ends[symbol])] = suffix
    }
    // L suffixes, from the left; the suffix before the end of the sequence is the first of its symbol.
    let last = Int(symbols[count - 1])
    suffixes[Int(starts[last])] = Int32(count - 1)
    starts[last] += 1
    for index in 0..<count {
      let before = Int(suffixes[index]) - 1
      guard before >= 0, !isSmaller[before] else { continue }
      let symbol = Int(symbols[before])
      suffixes[Int(starts[symbol])] = Int32(before)
      starts[symbol] += 1
    }
    // S suffixes, from the right.
    ends = lastEnds
    for index in stride(from: count - 1, through: 0, by: -1) {
      let before = Int(suffixes[index]) - 1
      guard before >= 0, isSmaller[before] else { continue }
      let symbol = Int(symbols[before])
      ends[symbol] -= 1
      suffixes[Int(ends[symbol])] = Int32(before)
    }
  }

  /// Returns the first index of each symbol's bucket, and the index after its last one.
  private static func bounds(_ sizes: [Int32]) -> (starts: [Int32], ends: [Int32]) {
    var sum: Int32 = 0
    let starts = sizes.map { size -> Int32 in
      defer { sum += size }
      return sum
    }
    return (starts, zip(starts, sizes).map { $0 + $1 })
  }
}

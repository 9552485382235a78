import GeulText
import TestSupport
import Testing

struct SuffixArrayTests {
  /// Random sequences of few symbols, among them repetitive ones.
  private static func sequences(_ count: Int, length: Int) -> [[Int32]] {
    var random = SeededGenerator(seed: 21)
    return (0..<count).map { index in
      let symbols = Int32.random(in: 1...4, using: &random)
      let length = Int.random(in: 0...length, using: &random)
      let period = Int.random(in: 1...5, using: &random)
      let base = (0..<max(length, 1)).map { _ in Int32.random(in: 0..<symbols, using: &random) }
      return (0..<length).map { index % 3 == 0 ? base[$0 % period % base.count] : base[$0] }
    }
  }

  @Test func `suffixes and their common prefixes equal those of a naive sort`() {
    for symbols in Self.sequences(isThorough ? 5000 : 600, length: 60) {
      let array = SuffixArray(symbols, alphabetSize: 4)
      let expected = symbols.indices.sorted {
        symbols[$0...].lexicographicallyPrecedes(symbols[$1...])
      }
      #expect(array.suffixes.map(Int.init) == expected, "\(symbols)")
      let common = expected.indices.map { index in
        guard index > 0 else { return 0 }
        return zip(symbols[expected[index - 1]...], symbols[expected[index]...])
          .prefix { $0 == $1 }.count
      }
      #expect(array.commonPrefixLengths().map(Int.init) == common, "\(symbols)")
    }
  }

  @Test func `a string is found wherever it occurs, with the symbols that follow it`() {
    for symbols in Self.sequences(200, length: 40) {
      let array = SuffixArray(symbols, alphabetSize: 4)
      for length in 0...3 where length <= symbols.count {
        for start in 0...symbols.count - length {
          let string = symbols[start..<start + length]
          var range = array.all
          for (depth, symbol) in string.enumerated() {
            range = array.narrow(range, depth: depth, by: symbol)
          }
          let places = (0...symbols.count - length).filter {
            symbols[$0..<$0 + length].elementsEqual(string)
          }.filter { $0 < symbols.count }
          #expect(array.suffixes[range].map(Int.init).sorted() == places)
          var next: [Int32] = []
          array.forEachNext(in: range, depth: length) { next.append($0) }
          let expected = Set(
            places.map { $0 + length }.filter { $0 < symbols.count }.map { symbols[$0] })
          #expect(next == expected.sorted())
        }
      }
    }
  }

  @Test func `a large sequence is sorted`() {
    var random = SeededGenerator(seed: 4)
    let symbols = (0..<200_000).map { _ in Int32.random(in: 0..<1000, using: &random) / 100 }
    let array = SuffixArray(symbols, alphabetSize: 10)
    #expect(Set(array.suffixes).count == symbols.count)
    for (a, b) in zip(array.suffixes, array.suffixes.dropFirst()) {
      #expect(symbols[Int(a)...].lexicographicallyPrecedes(symbols[Int(b)...]))
    }
  }
}

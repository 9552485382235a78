/// What turns symbols into bytes, or bytes into symbols, by how likely each symbol is.
///
/// A stream of symbols is described once, for both ways: whoever describes it passes the symbol, and goes on with the one
/// that comes back. A writer returns what it was given; a reader does not look at it.
package protocol SymbolCoder {
  /// What can go wrong: nothing for a writer.
  associatedtype Failure: Error

  /// Codes one symbol of an alphabet whose symbols have these shares.
  mutating func code(_ symbol: Int, _ shares: FrequencyTable) throws(Failure) -> Int
}

/// How likely each symbol of an alphabet is: whole numbers above zero, and their sum, at most 2^48.
package struct FrequencyTable: Sendable {
  package private(set) var values: [UInt64]
  package private(set) var total: UInt64

  /// Shares that are given.
  package init(_ values: [UInt64]) {
    self.values = values
    total = values.reduce(0, +)
  }

  /// Makes a symbol likelier from now on.
  package mutating func add(_ share: UInt64, to symbol: Int) {
    values[symbol] += share
    total += share
  }

  /// The sum of the shares of the symbols before one.
  package func start(of symbol: Int) -> UInt64 { values[..<symbol].reduce(0, +) }

  /// The symbol within whose share a number below the total lies, and where that share begins.
  package func symbol(at place: UInt64) -> (Int, start: UInt64) {
    var start: UInt64 = 0
    for (symbol, share) in values.enumerated() {
      if place < start + share { return (symbol, start) }
      start += share
    }
    return (values.count - 1, start - values[values.count - 1])
  }
}

/// The interval that is left after the symbols so far: a range coder (Martin 1979), with 64 bits.
private struct Interval {
  var low: UInt64 = 0
  var range = UInt64.max

  /// The range never falls below this before a symbol: shares of a 2^48th still have room.
  static let least: UInt64 = 1 << 48
}

/// Writes symbols.
package struct RangeEncoder: SymbolCoder {
  package private(set) var bytes: [UInt8] = []
  private var interval = Interval()

  /// A writer of nothing yet.
  package init() {}

  package mutating func code(_ symbol: Int, _ shares: FrequencyTable) -> Int {
    let unit = interval.range / shares.total
    let (low, carries) = interval.low.addingReportingOverflow(unit * shares.start(of: symbol))
    interval = Interval(low: low, range: unit * shares.values[symbol])
    if carries { carry() }
    while interval.range < Interval.least {
      bytes.append(UInt8(interval.low >> 56))
      interval.low <<= 8
      interval.range <<= 8
    }
    return symbol
  }

  /// Adds one to the number that the bytes so far are.
  private mutating func carry() {
    var place = bytes.count - 1
    while bytes[place] == 255 {
      bytes[place] = 0
      place -= 1
    }
    bytes[place] += 1
  }

  /// All bytes: as few at the end as tell the interval from any other.
  package mutating func finish() -> [UInt8] {
    // The number with the most zero bits at its end that lies in the interval: behind the last byte a reader sees zeros.
    for bits in stride(from: UInt64(56), through: 0, by: -8) {
      let step: UInt64 = 1 << bits
      let (sum, carries) = interval.low.addingReportingOverflow(step - 1)
      let number = sum & ~(step - 1)
      guard number &- interval.low < interval.range else { continue }
      if carries { carry() }
      for shift in stride(from: UInt64(56), through: bits, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: number >> shift))
      }
      break
    }
    return bytes
  }
}

/// Reads symbols.
package struct RangeDecoder: SymbolCoder {
  private var rest: ArraySlice<UInt8>
  /// How far the number that the bytes are lies above the interval's low end.
  private var offset: UInt64 = 0
  private var range = UInt64.max
  private var readBehindTheEnd = 0

  package init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
    for _ in 0..<8 { offset = offset << 8 | UInt64(next()) }
  }

  /// The next byte; behind the last all are zero.
  private mutating func next() -> UInt8 {
    if let byte = rest.popFirst() { return byte }
    readBehindTheEnd += 1
    return 0
  }

  package mutating func code(_ symbol: Int, _ shares: FrequencyTable) throws(ArchiveError) -> Int {
    let unit = range / shares.total
    let (symbol, start) = shares.symbol(at: min(offset / unit, shares.total - 1))
    offset &-= unit * start
    range = unit * shares.values[symbol]
    while range < Interval.least {
      offset = offset << 8 | UInt64(next())
      range <<= 8
    }
    // The number is eight bytes ahead of the symbols: a whole archive does not end before that.
    guard readBehindTheEnd <= 8 else { throw .damaged }
    return symbol
  }
}

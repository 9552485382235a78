/// An entropy coder: encodes symbols into bytes, or decodes them, by the frequency of each symbol.
///
/// One procedure serves both directions. It passes each symbol to `code` and continues with the
/// returned symbol: an encoder returns its argument, a decoder ignores it.
package protocol SymbolCoder {
  /// The error of a decoder; `Never` for an encoder.
  associatedtype Failure: Error

  /// Codes one symbol of an alphabet with the frequencies of `table`, and returns it.
  mutating func code(_ symbol: Int, _ table: FrequencyTable) throws(Failure) -> Int
}

/// The frequencies of the symbols of an alphabet: positive integers with a sum of at most 2^48.
package struct FrequencyTable: Sendable {
  /// The frequency of each symbol.
  package private(set) var frequencies: [UInt64]
  /// The sum of the frequencies.
  package private(set) var total: UInt64

  /// Creates a table of the given frequencies.
  package init(_ frequencies: [UInt64]) {
    self.frequencies = frequencies
    total = frequencies.reduce(0, +)
  }

  /// Increments the frequency of a symbol.
  package mutating func add(_ increment: UInt64, to symbol: Int) {
    frequencies[symbol] += increment
    total += increment
  }

  /// Returns the cumulative frequency of the symbols before `symbol`.
  package func cumulativeFrequency(before symbol: Int) -> UInt64 {
    frequencies[..<symbol].reduce(0, +)
  }

  /// Returns the symbol whose cumulative interval contains `value`, and the start of the interval.
  ///
  /// - Precondition: `value` is less than `total`.
  package func symbol(containing value: UInt64) -> (symbol: Int, start: UInt64) {
    var start: UInt64 = 0
    for (symbol, frequency) in frequencies.enumerated() {
      if value < start + frequency { return (symbol, start) }
      start += frequency
    }
    preconditionFailure("\(value) is not less than the total of \(total)")
  }
}

/// The current interval of a range coder (Martin 1979) with 64 bits.
private struct Interval {
  var low: UInt64 = 0
  var range = UInt64.max

  /// The lower bound of `range` before a symbol is coded, so that each of up to 2^48 frequency
  /// steps has a nonempty interval.
  static let minimumRange: UInt64 = 1 << 48
}

/// A range encoder.
package struct RangeEncoder: SymbolCoder {
  private var bytes: [UInt8] = []
  private var interval = Interval()

  /// Creates an encoder with empty output.
  package init() {}

  package mutating func code(_ symbol: Int, _ table: FrequencyTable) -> Int {
    let step = interval.range / table.total
    let start = table.cumulativeFrequency(before: symbol)
    let (low, carries) = interval.low.addingReportingOverflow(step * start)
    interval = Interval(low: low, range: step * table.frequencies[symbol])
    if carries { propagateCarry() }
    while interval.range < Interval.minimumRange {
      bytes.append(UInt8(interval.low >> 56))
      interval.low <<= 8
      interval.range <<= 8
    }
    return symbol
  }

  /// Adds a carry to the bytes written so far, which form one big-endian number.
  private mutating func propagateCarry() {
    var index = bytes.count - 1
    while bytes[index] == 255 {
      bytes[index] = 0
      index -= 1
    }
    bytes[index] += 1
  }

  /// Terminates the stream with the minimum number of bytes that identify the interval, and returns
  /// all bytes.
  package mutating func finish() -> [UInt8] {
    // The number of the interval with the most trailing zeros: a decoder reads zeros past the end.
    for bits in stride(from: UInt64(56), through: 0, by: -8) {
      let step: UInt64 = 1 << bits
      let (sum, carries) = interval.low.addingReportingOverflow(step - 1)
      let number = sum & ~(step - 1)
      guard number &- interval.low < interval.range else { continue }
      if carries { propagateCarry() }
      for shift in stride(from: UInt64(56), through: bits, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: number >> shift))
      }
      break
    }
    return bytes
  }
}

/// A range decoder.
package struct RangeDecoder: SymbolCoder {
  private var remaining: ArraySlice<UInt8>
  /// The code value minus the lower bound of the current interval.
  private var offset: UInt64 = 0
  private var range = UInt64.max
  /// The number of zero bytes read past the end of the input.
  private var paddingCount = 0

  /// Creates a decoder of the bytes that `RangeEncoder.finish` returned.
  package init(_ bytes: ArraySlice<UInt8>) {
    remaining = bytes
    for _ in 0..<8 { offset = offset << 8 | UInt64(next()) }
  }

  /// Returns the next byte; zero past the end of the input.
  private mutating func next() -> UInt8 {
    if let byte = remaining.popFirst() { return byte }
    paddingCount += 1
    return 0
  }

  package mutating func code(
    _ symbol: Int, _ table: FrequencyTable
  ) throws(ArchiveError) -> Int {
    let step = range / table.total
    let value = min(offset / step, table.total - 1)
    let (symbol, start) = table.symbol(containing: value)
    offset &-= step * start
    range = step * table.frequencies[symbol]
    while range < Interval.minimumRange {
      offset = offset << 8 | UInt64(next())
      range <<= 8
    }
    // The decoder reads eight bytes ahead; a complete stream needs no more padding than that.
    guard paddingCount <= 8 else { throw .damaged }
    return symbol
  }
}

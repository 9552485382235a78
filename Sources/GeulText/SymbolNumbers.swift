/// Numbers for symbols, in the order of their first occurrences: an alphabet for a `SuffixArray`.
struct SymbolNumbers<Symbol: Hashable> {
  private var numbers: [Symbol: Int32] = [:]

  /// The number of different symbols so far.
  var count: Int { numbers.count }

  /// Returns the number of a symbol: that of its first occurrence, or the next one.
  mutating func number(of symbol: Symbol) -> Int32 {
    if let number = numbers[symbol] { return number }
    let next = Int32(numbers.count)
    numbers[symbol] = next
    return next
  }
}

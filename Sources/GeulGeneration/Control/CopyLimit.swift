public import GeulText

/// A limit of what a generated text copies from a corpus.
///
/// The text never has more than `length` characters (code points) in a row that also occur in a row in the corpus.
public struct CopyLimit: Sendable {
  /// The maximum number of characters in a row.
  public let length: Int
  /// Indicates whether a line feed is always possible, for texts that end before it.
  public var permitsLineFeeds = false
  /// The suffixes of the corpus.
  let array: SuffixArray
  /// The ids of the corpus's symbols in `array`.
  let symbolIDs: [UInt32: Int32]

  /// Returns the options of reading a corpus for a model with this tokenizer.
  public static func corpusOptions(
    for tokenizer: Tokenizer, encoding: String? = nil, invalid: InvalidBytePolicy = .error
  ) -> CorpusOptions {
    CorpusOptions(
      tokenizer: Tokenizer(
        unit: tokenizer.unit == .byte ? .byte : .codepoint, normalization: tokenizer.normalization),
      encoding: encoding, invalid: invalid)
  }

  /// Indexes a corpus that was read with `corpusOptions`.
  ///
  /// - Parameters:
  ///   - length: The maximum number of characters in a row, at least 1.
  ///   - corpus: The corpus.
  ///   - tokenizer: The tokenizer of the model.
  /// - Throws: `ConstraintError.corpusTooLarge` if the corpus has 2^31 symbols or more.
  /// - Complexity: O(n) time for n symbols of the model: code points, jamo or bytes; 8 bytes of memory for each, and 18
  ///   while the index is made.
  public init(
    _ length: Int, corpus: Corpus, tokenizer: Tokenizer
  ) throws(ConstraintError) {
    precondition(length >= 1, "\(length) is less than 1")
    self.length = length
    let form = SymbolForm(tokenizer)
    var symbolIDs: [UInt32: Int32] = [:]
    let spellings = corpus.vocabulary.tokens.map { token in
      form.symbols(ofToken: token).map { symbol -> Int32 in
        if let known = symbolIDs[symbol] { return known }
        symbolIDs[symbol] = Int32(symbolIDs.count)
        return Int32(symbolIDs.count - 1)
      }
    }
    var symbols: [Int32] = []
    symbols.reserveCapacity(corpus.count)
    corpus.forEachKnownID(in: 0..<corpus.count) { symbols += spellings[Int($0)] }
    guard symbols.count < Int(Int32.max) else { throw .corpusTooLarge(symbols: symbols.count) }
    array = SuffixArray(symbols, alphabetSize: symbolIDs.count)
    self.symbolIDs = symbolIDs
  }
}

/// The symbols of a model's tokens, as far as they are compared with a corpus.
struct CopyConstraint: Sendable {
  let length: Int
  let array: SuffixArray
  let form: SymbolForm
  /// The symbols of each token, by id, and their ids in the corpus; -1 for a symbol that the corpus does not have.
  let spellings: [[(symbol: UInt32, id: Int32)]]
  /// The tokens of one symbol, by its id in the corpus.
  let tokens: [[Int32]]
  /// The tokens of several symbols.
  let clusters: [Int]

  init(_ limit: CopyLimit, tokens: [[UInt32]], form: SymbolForm) {
    length = limit.length
    array = limit.array
    self.form = form
    let spellings = tokens.map { $0.map { ($0, limit.symbolIDs[$0] ?? -1) } }
    self.spellings = spellings
    clusters = tokens.indices.filter { tokens[$0].count > 1 }
    var bySymbol = [[Int32]](repeating: [], count: limit.symbolIDs.count)
    for (id, spelling) in spellings.enumerated() where spelling.count == 1 && spelling[0].1 >= 0 {
      if limit.permitsLineFeeds, spelling[0].0 == 0x0A { continue }
      bySymbol[Int(spelling[0].1)].append(Int32(id))
    }
    self.tokens = bySymbol
  }
}

/// The end of a generated text, as far as the next token may extend a copied run.
struct CopyState: Sendable {
  /// The last symbols, by their ids in the corpus, and the indices at which their characters begin.
  private var (symbols, starts): ([Int32], [Int]) = ([], [])
  /// The number of symbols that the last character lacks: bytes, or the vowel after a leading consonant.
  private var missing = 0

  /// Appends the symbols of a token.
  mutating func append(_ id: Int, _ constraint: CopyConstraint) {
    for (symbol, id) in constraint.spellings[id] {
      append(symbol, id, constraint.form)
    }
    // A text of any length needs the last characters only.
    guard starts.count > 4 * constraint.length + 64 else { return }
    let first = starts[starts.count - 2 * constraint.length - 2]
    symbols.removeFirst(first)
    starts.removeFirst(starts.count - 2 * constraint.length - 2)
    for index in starts.indices { starts[index] -= first }
  }

  private mutating func append(_ symbol: UInt32, _ id: Int32, _ form: SymbolForm) {
    let missing = missing(after: symbol, form)
    if !continuesCharacter(symbol, form) { starts.append(symbols.count) }
    symbols.append(id)
    self.missing = missing
  }

  /// Indicates whether a symbol belongs to the character of the symbol before it.
  private func continuesCharacter(_ symbol: UInt32, _ form: SymbolForm) -> Bool {
    switch form {
    case .scalars: false
    case .bytes: missing > 0 && 0x80..<0xC0 ~= symbol
    case .jamo:
      missing > 0 && Hangul.vowels.contains(symbol)
        || !symbols.isEmpty && Hangul.trails.contains(symbol)
    }
  }

  /// Returns the number of symbols that the last character lacks after another symbol.
  private func missing(after symbol: UInt32, _ form: SymbolForm) -> Int {
    switch form {
    case .scalars: 0
    case .jamo: Hangul.leads.contains(symbol) ? 1 : 0
    case .bytes:
      switch symbol {
      case 0xC2..<0xE0: 1
      case 0xE0..<0xF0: 2
      case 0xF0..<0xF5: 3
      case 0x80..<0xC0: max(0, missing - 1)
      default: 0
      }
    }
  }

  /// Calls `body` with each token that would make a copied run longer than the limit.
  ///
  /// In jamo, a syllable counts as copied if its leading consonant and its vowel are: a final consonant can follow. A token
  /// may be passed more than once.
  ///
  /// - Complexity: O(l log n) for a limit of l characters and a corpus of n symbols, and as much for each symbol that can
  ///   follow; allocates nothing.
  func forEachCopy(_ constraint: CopyConstraint, _ body: (Int) -> Void) {
    // A run that would be too long begins `length` characters before the one that the token completes.
    let complete = starts.count - (missing > 0 ? 1 : 0)
    if complete >= constraint.length {
      let range = find(from: starts[complete - constraint.length], constraint.array)
      let depth = symbols.count - starts[complete - constraint.length]
      constraint.array.forEachNext(in: range, depth: depth) { symbol in
        for id in constraint.tokens[Int(symbol)] {
          let symbol = constraint.spellings[Int(id)][0].symbol
          guard missing(after: symbol, constraint.form) == 0 else { continue }
          // A final consonant belongs to the character before, which was not copied.
          if missing == 0, continuesCharacter(symbol, constraint.form) { continue }
          body(Int(id))
        }
      }
    }
    for id in constraint.clusters where copies(constraint.spellings[id], constraint) { body(id) }
  }

  /// Indicates whether a token of several characters would make a run too long.
  private func copies(
    _ spelling: [(symbol: UInt32, id: Int32)], _ constraint: CopyConstraint
  ) -> Bool {
    for end in spelling.indices {
      let first = starts.count + end - constraint.length
      guard first >= 0 else { continue }
      let isInToken = first >= starts.count
      let begin = isInToken ? symbols.count : starts[first]
      var range = find(from: begin, constraint.array)
      var depth = symbols.count - begin
      for (_, id) in spelling[(isInToken ? first - starts.count : 0)...end] where !range.isEmpty {
        range = id < 0 ? 0..<0 : constraint.array.narrow(range, depth: depth, by: id)
        depth += 1
      }
      if !range.isEmpty { return true }
    }
    return false
  }

  /// Returns the suffixes of the corpus that begin with the symbols from an index on.
  private func find(from start: Int, _ array: SuffixArray) -> Range<Int> {
    var range = array.all
    for index in start..<symbols.count where !range.isEmpty {
      guard symbols[index] >= 0 else { return 0..<0 }
      range = array.narrow(range, depth: index - start, by: symbols[index])
    }
    return range
  }
}

/// A measure of how much of a text is copied from a corpus.
///
/// Characters are code points of the text in NFC. A copied run is a sequence of characters that also occurs in the corpus.
///
/// ```swift
/// let corpus = try Corpus.read([.path("corpora/korean.txt")], options: Novelty.corpusOptions())
/// let text = try Corpus.read([.path("text.txt")], options: Novelty.corpusOptions())
/// try Novelty(of: text, in: corpus).longestRun?.length
/// ```
public struct Novelty: Sendable {
  /// A copied run.
  public struct Run: Sendable, Equatable {
    /// The text.
    public let text: String
    /// The number of its characters.
    public let length: Int
    /// The position in the text, counted from 0.
    public let textOffset: Int
    /// The position of one of its occurrences in the corpus, counted from 0.
    public let corpusOffset: Int
    /// The line numbers in the text and in the corpus, counted from 1.
    public let (textLine, corpusLine): (Int, Int)
  }

  /// The share of the characters in copied runs of a minimum length.
  public struct CopiedShare: Sendable, Equatable {
    /// The minimum length of the runs in characters.
    public let length: Int
    /// The share of the text's characters, from 0 to 1.
    public let share: Double
  }

  /// The sequences of n characters of the text that are not in the corpus.
  public struct NewNgrams: Sendable, Equatable {
    /// The number of characters.
    public let n: Int
    /// The number of sequences of the text that are not in the corpus, and of all, counted as often as they occur.
    public let (newCount, count): (Int, Int)
  }

  /// The number of characters of the text.
  public let count: Int
  /// The longest copied run, the first one if there are several; nil if no character occurs in the corpus.
  public let longestRun: Run?
  /// The shares of copied runs of at least 20, 50 and 100 characters.
  public let copiedShares: [CopiedShare]
  /// The new sequences of 4, 8, 16 and 32 characters.
  public let newNgrams: [NewNgrams]
  /// The number of words of the text: at white space, without punctuation at the ends, in lower case.
  public let wordCount: Int
  /// The words that are not in the corpus, in the order of the text, as often as they occur.
  public let newWords: [String]

  /// Returns the options of reading a text or a corpus.
  public static func corpusOptions(
    encoding: String? = nil, invalid: InvalidBytePolicy = .error
  ) -> CorpusOptions {
    CorpusOptions(
      tokenizer: Tokenizer(unit: .codepoint), encoding: encoding, invalid: invalid)
  }

  /// An error that prevents the comparison.
  public enum SizeError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text and the corpus have too many characters.
    case tooLarge(characters: Int)

    /// A sentence that states the cause and a remedy.
    public var description: String {
      switch self {
      case .tooLarge(let count):
        "The text and the corpus have \(count) characters; at most \(Int32.max - 2) are possible. Give a part of them."
      }
    }
  }

  /// Compares a text with a corpus; both were read with `corpusOptions`.
  ///
  /// - Throws: `SizeError` if they have more than 2^31 - 3 characters.
  /// - Complexity: O(n) time for n characters of both, and about 20 bytes of memory for each.
  public init(of text: Corpus, in corpus: Corpus) throws(SizeError) {
    let total = text.count + corpus.count
    guard total < Int(Int32.max) - 1 else { throw .tooLarge(characters: total) }
    let matches = LongestMatches(of: text, in: corpus)
    count = text.count
    copiedShares = [20, 50, 100].map {
      CopiedShare(length: $0, share: matches.copiedShare(runsOf: $0))
    }
    newNgrams = [4, 8, 16, 32].map {
      let (new, all) = matches.newNgrams($0)
      return NewNgrams(n: $0, newCount: new, count: all)
    }
    longestRun = matches.longest.map { start, length, source in
      Run(
        text: text.ids(start..<start + length).map { text.vocabulary.tokens[Int($0)] }.joined(),
        length: length, textOffset: start, corpusOffset: source,
        textLine: Self.line(at: start, of: text), corpusLine: Self.line(at: source, of: corpus))
    }
    var known: Set<String> = []
    Self.forEachWord(of: corpus) { known.insert($0) }
    var (words, new) = (0, [String]())
    Self.forEachWord(of: text) { word in
      words += 1
      if !known.contains(word) { new.append(word) }
    }
    (wordCount, newWords) = (words, new)
  }

  private static func line(at offset: Int, of corpus: Corpus) -> Int {
    guard let lineBreak = corpus.vocabulary.id(of: "\n") else { return 1 }
    var line = 1
    corpus.forEachKnownID(in: 0..<offset) { if $0 == lineBreak { line += 1 } }
    return line
  }

  private static func forEachWord(of corpus: Corpus, _ body: (String) -> Void) {
    let scalars = corpus.vocabulary.tokens.map(\.unicodeScalars.first)
    let roles = scalars.map { $0.map(WordSplitter.Role.init) ?? .space }
    var splitter = WordSplitter()
    corpus.forEachKnownID(in: 0..<corpus.count) { id in
      splitter.add(scalars[Int(id)] ?? " ", roles[Int(id)], body)
    }
    splitter.finish(body)
  }
}

/// The longest match in a corpus at each position of a text.
package struct LongestMatches {
  /// The lengths of the matches, and where they begin in the corpus, by position in the text.
  package private(set) var (lengths, sources): ([Int32], [Int32])

  /// Finds the matches with a suffix array of both texts.
  package init(of text: Corpus, in corpus: Corpus) {
    // Both texts with the same ids; a symbol that occurs once stands between them.
    var numbers = SymbolNumbers<ExactText>()
    func common(_ corpus: Corpus) -> [Int32] {
      let map = corpus.vocabulary.tokens.map { numbers.number(of: ExactText($0)) }
      return corpus.ids(0..<corpus.count).map { map[Int($0)] }
    }
    var symbols = common(corpus)
    symbols.append(-1)
    symbols += common(text)
    symbols[corpus.count] = Int32(numbers.count)
    self.init(symbols, corpusCount: corpus.count, alphabetSize: numbers.count + 1)
  }

  /// Finds the matches of several texts, whose positions follow each other with one position between two texts.
  ///
  /// - Precondition: The texts and the corpus have fewer than 2^31 - 2 characters with one for each text.
  init(of texts: [[Unicode.Scalar]], in corpus: [Unicode.Scalar]) {
    var numbers = SymbolNumbers<Unicode.Scalar>()
    let parts = ([corpus] + texts).map { text in text.map { numbers.number(of: $0) } }
    // A symbol that occurs once follows the corpus and each text, so that no match passes the end of a text.
    var symbols: [Int32] = []
    for (number, part) in parts.enumerated() {
      symbols += part
      symbols.append(Int32(numbers.count + number))
    }
    self.init(
      symbols, corpusCount: corpus.count, alphabetSize: numbers.count + parts.count)
  }

  /// Finds the matches of the symbols after `corpusCount + 1` ones in the first `corpusCount` ones.
  ///
  /// The symbol between them occurs nowhere else.
  package init(_ symbols: [Int32], corpusCount: Int, alphabetSize: Int) {
    let array = SuffixArray(symbols, alphabetSize: alphabetSize)
    let common = array.commonPrefixLengths()
    let count = symbols.count - corpusCount - 1
    lengths = [Int32](repeating: 0, count: count)
    sources = [Int32](repeating: 0, count: count)
    // The best match of a suffix of the text is the nearest suffix of the corpus before it or after it.
    var (length, source): (Int32, Int32) = (0, 0)
    for index in array.suffixes.indices {
      length = min(length, common[index])
      update(array.suffixes[index], corpusCount, &length, &source)
    }
    length = 0
    for index in array.suffixes.indices.reversed() {
      update(array.suffixes[index], corpusCount, &length, &source)
      length = min(length, common[index])
    }
  }

  private mutating func update(
    _ suffix: Int32, _ corpusCount: Int, _ length: inout Int32, _ source: inout Int32
  ) {
    let position = Int(suffix) - corpusCount - 1
    if position < -1 {
      (length, source) = (.max, suffix)
    } else if position >= 0, length > lengths[position] {
      (lengths[position], sources[position]) = (length, source)
    }
  }

  /// The longest match: its position in the text, its length and its position in the corpus; nil if there is none.
  package var longest: (start: Int, length: Int, source: Int)? {
    guard let length = lengths.max(), length > 0, let start = lengths.firstIndex(of: length) else {
      return nil
    }
    return (start, Int(length), Int(sources[start]))
  }

  /// Returns the share of positions in matches of at least `length` symbols.
  package func copiedShare(runsOf length: Int) -> Double {
    var (end, count) = (0, 0)
    for (start, match) in lengths.enumerated() {
      if match >= length { end = max(end, start + Int(match)) }
      if start < end { count += 1 }
    }
    return lengths.isEmpty ? 0 : Double(count) / Double(lengths.count)
  }

  /// Returns the number of sequences of n symbols that do not match, and that of all.
  package func newNgrams(_ n: Int) -> (new: Int, all: Int) {
    let all = max(0, lengths.count - n + 1)
    return (lengths.prefix(all).count { $0 < n }, all)
  }
}

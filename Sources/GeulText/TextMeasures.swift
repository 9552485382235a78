/// Measures of a text, such as a generated one, by itself and relative to a training text.
///
/// Shares have their counts, so that those of several texts can be pooled. Characters are code points of the text in NFC.
/// Words are what is between white space, without punctuation at the ends, in lower case.
///
/// ```swift
/// let training = try String(contentsOfFile: "corpora/english.txt", encoding: .utf8)
/// let reference = TextMeasures.Reference(training)
/// let measures = TextMeasures(pooling: try TextMeasures.each(of: texts, reference: reference))
/// print(measures.newWords?.value ?? 0, measures.repeatedSequences.value ?? 0)
/// ```
public struct TextMeasures: Sendable, Equatable {
  /// A part of a number of things, such as the new words of all words.
  public struct Share: Sendable, Equatable {
    /// The number of those that count.
    public var count: Int
    /// The number of all.
    public var total: Int

    /// Creates a share.
    public init(count: Int = 0, total: Int = 0) { (self.count, self.total) = (count, total) }

    /// The share, from 0 to 1; nil if there is nothing of which it would be a part.
    public var value: Double? { total > 0 ? Double(count) / Double(total) : nil }

    static func + (a: Share, b: Share) -> Share {
      Share(count: a.count + b.count, total: a.total + b.total)
    }
  }

  /// A run of characters that also occurs in the training text.
  public struct CopiedRun: Sendable, Equatable {
    /// The text.
    public let text: String
    /// The number of its characters.
    public let length: Int
  }

  /// The number of characters of a sequence that may be repeated or copied.
  public static let sequenceLength = 60
  /// The number of words of a window in which the different words are counted.
  public static let windowLength = 500
  /// The number of particles from which their agreement says something.
  public static let minimumParticles = 20

  /// The number of characters.
  public private(set) var characters: Int
  /// The words that are neither in the training text nor in the lexicon, of all words; nil without a training text.
  public private(set) var newWords: Share?
  /// The number of words.
  public private(set) var words: Int
  /// The different words (types) in all windows of 500 words in a row, of the words in them (tokens).
  ///
  /// The quotient is the moving-average type-token ratio (Covington and McFall 2010, "Cutting the Gordian Knot"), which does not
  /// depend on the length of the text. There are no windows in a text of fewer words.
  public private(set) var windowTypes: Share
  /// The sequences of 60 characters that occur earlier in the same text, of all.
  public private(set) var repeatedSequences: Share
  /// The sequences of 60 characters that occur in the training text, of all; nil without a training text.
  public private(set) var copiedSequences: Share?
  /// The longest copied run, the first one if there are several; nil without a training text, or if no character is in it.
  public private(set) var longestRun: CopiedRun?
  /// The Korean particles 은/는, 이/가, 을/를, 과/와 and 으로/로 at the ends of words that agree with the syllable before.
  public private(set) var particles: Share

  /// A training text with which texts are compared.
  public struct Reference: Sendable {
    let scalars: [Unicode.Scalar]
    let words: Set<String>

    /// Creates a reference.
    ///
    /// - Parameters:
    ///   - text: The training text, without the part that is held out.
    ///   - lexicon: A list of further words that are not new, separated by white space.
    public init(_ text: String, lexicon: String = "") {
      scalars = TextMeasures.characters(of: text)
      words = Set(WordSplitter.words(of: scalars))
        .union(WordSplitter.words(of: TextMeasures.characters(of: lexicon)))
    }
  }

  /// Measures each of several texts.
  ///
  /// - Parameters:
  ///   - texts: The texts.
  ///   - reference: The training text; nil to measure only what does not need it.
  /// - Returns: The measures of each text.
  /// - Throws: `Novelty.SizeError` if the texts and the training text have about 2^31 characters or more.
  /// - Complexity: O(n) time for n characters of all texts, and about 20 bytes of memory for each.
  public static func each(
    of texts: [String], reference: Reference? = nil
  ) throws(Novelty.SizeError) -> [TextMeasures] {
    let all = texts.map(characters(of:))
    let total = all.reduce(0) { $0 + $1.count + 1 } + (reference?.scalars.count ?? 0)
    guard total < Int(Int32.max) - 2 else { throw .tooLarge(characters: total) }
    let matches = reference.map { LongestMatches(of: all, in: $0.scalars) }
    var start = 0
    return all.map { text in
      defer { start += text.count + 1 }
      return TextMeasures(
        text, words: reference?.words, matches: matches?.lengths[start..<start + text.count])
    }
  }

  /// Measures a text.
  private init(_ text: [Unicode.Scalar], words known: Set<String>?, matches: ArraySlice<Int32>?) {
    characters = text.count
    let found = WordSplitter.words(of: text)
    words = found.count
    newWords = known.map { known in
      Share(count: found.count { !known.contains($0) }, total: found.count)
    }
    windowTypes = Self.windowTypes(found)
    let sequences = max(0, text.count - Self.sequenceLength + 1)
    repeatedSequences = Share(count: Self.repetitions(in: text), total: sequences)
    if let matches {
      copiedSequences = Share(
        count: matches.count { $0 >= Self.sequenceLength }, total: sequences)
      if let length = matches.max(), length > 0, let start = matches.firstIndex(of: length) {
        let run = text[(start - matches.startIndex)...].prefix(Int(length))
        longestRun = CopiedRun(text: String(String.UnicodeScalarView(run)), length: run.count)
      }
    }
    let agreements = found.compactMap { KoreanParticles.agreement(in: $0.unicodeScalars) }
    particles = Share(count: agreements.count(where: \.self), total: agreements.count)
  }

  /// Adds up the measures of several texts; those of the training text count if all texts were compared with it.
  public init(pooling texts: [TextMeasures]) {
    func sum(_ share: (TextMeasures) -> Share) -> Share { texts.map(share).reduce(Share(), +) }
    func sum(_ share: (TextMeasures) -> Share?) -> Share? {
      let shares = texts.compactMap(share)
      return shares.count < texts.count || texts.isEmpty ? nil : shares.reduce(Share(), +)
    }
    characters = texts.reduce(0) { $0 + $1.characters }
    words = texts.reduce(0) { $0 + $1.words }
    newWords = sum(\.newWords)
    windowTypes = sum(\.windowTypes)
    repeatedSequences = sum(\.repeatedSequences)
    copiedSequences = sum(\.copiedSequences)
    particles = sum(\.particles)
    for run in texts.compactMap(\.longestRun) where run.length > longestRun?.length ?? 0 {
      longestRun = run
    }
  }

  /// Returns the characters of a text: its code points in NFC.
  package static func characters(of text: String) -> [Unicode.Scalar] {
    Array(Tokenizer(unit: .codepoint).normalized(text).unicodeScalars)
  }

  /// Returns the first characters of a text.
  package static func prefix(of text: String, _ count: Int) -> String {
    String(String.UnicodeScalarView(characters(of: text).prefix(count)))
  }

  /// Counts the different words in all windows.
  private static func windowTypes(_ words: [String]) -> Share {
    guard words.count >= windowLength else { return Share() }
    var counts: [String: Int] = [:]
    var share = Share()
    for (index, word) in words.enumerated() {
      counts[word, default: 0] += 1
      if index >= windowLength {
        let first = words[index - windowLength]
        counts[first] = counts[first] == 1 ? nil : counts[first].map { $0 - 1 }
      }
      guard index >= windowLength - 1 else { continue }
      share = share + Share(count: counts.count, total: windowLength)
    }
    return share
  }

  /// Counts the sequences that occur earlier in a text.
  private static func repetitions(in text: [Unicode.Scalar]) -> Int {
    var numbers = SymbolNumbers<Unicode.Scalar>()
    let symbols = text.map { numbers.number(of: $0) }
    guard !symbols.isEmpty else { return 0 }
    // The suffixes that begin with the same sequence are adjacent: all but one of them are repetitions.
    let common = SuffixArray(symbols, alphabetSize: numbers.count).commonPrefixLengths()
    return common.count { $0 >= sequenceLength }
  }
}

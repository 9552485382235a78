import GeulText
import TestSupport
import Testing

/// Reading a list of lines.
struct LineListTests {
  static func read(
    _ texts: String..., seed: UInt64 = 1, unit: TokenUnit = .grapheme,
    normalization: NormalForm = .nfc, minimumCount: Int = 1, vocabulary: Vocabulary? = nil
  ) throws -> Corpus {
    var options = CorpusOptions(
      tokenizer: Tokenizer(unit: unit, normalization: normalization), minimumCount: minimumCount,
      vocabulary: vocabulary)
    options.listSeed = seed
    return try Corpus.read(
      texts.enumerated().map { .text($1, name: "list \($0)") }, options: options)
  }

  /// The text of a range of tokens, or of all.
  static func text(_ corpus: Corpus, _ range: Range<Int>? = nil) -> String {
    var decoder = StreamDecoder(tokenizer: corpus.tokenizer, vocabulary: corpus.vocabulary)
    return corpus.ids(range ?? 0..<corpus.count).map { decoder.append(Int($0)) }.joined()
      + decoder.finish()
  }

  static func items(_ corpus: Corpus) -> [String] {
    text(corpus).split(separator: "\n").map(String.init)
  }

  /// Korean names: the product of lists of syllables.
  static let names: [String] = {
    let family = "김 이 박 최 정 강 조 윤".split(separator: " ")
    let first = "서 지 민 하 도 수 예 은".split(separator: " ")
    let second = "연 우 준 아 현".split(separator: " ")
    return family.flatMap { name in first.flatMap { a in second.map { "\(name)\(a)\($0)" } } }
  }()

  static let listing = names.joined(separator: "\n") + "\n"

  @Test func `a list begins with a line feed and has the items in another order`() throws {
    let corpus = try Self.read(Self.listing)
    let items = Self.items(corpus)
    #expect(Self.text(corpus) == "\n" + items.map { $0 + "\n" }.joined())
    #expect(items.sorted() == Self.names.sorted() && items != Self.names)
    let list = try #require(corpus.list)
    #expect((list.count, list.items.count, list.seed) == (320, 320, 1))
    #expect(corpus.notes.isEmpty && corpus.unknownCount == 0)
  }

  @Test func `the order depends on the seed and the items, not on their order`() throws {
    let corpus = try Self.read(Self.listing)
    let reversed = try Self.read(Self.names.reversed().joined(separator: "\n"))
    #expect(reversed.hash == corpus.hash && Self.text(reversed) == Self.text(corpus))
    let other = try Self.read(Self.listing, seed: 2)
    #expect(Self.items(other) != Self.items(corpus))
    #expect(Self.items(other).sorted() == Self.items(corpus).sorted())
    // A list that is often sorted: the last tenth has all family names.
    #expect(Set(Self.items(corpus).suffix(32).compactMap(\.first)).count == 8)
  }

  @Test(arguments: [
    "가\n나\n다\n", "가\n나\n다", "가\r\n나\r\n다\r\n", "가\r나\r다", "\n\n가\n\n나\n \n다\n\n\n",
    " 가\n나\t\n\t다 \n",
    "\u{FEFF}가\r\n나\n다",
  ])
  func `line endings, empty lines and white space at the ends do not matter`(text: String) throws {
    let corpus = try Self.read(text)
    #expect(Self.items(corpus).sorted() == ["가", "나", "다"])
    #expect(corpus.hash == (try Self.read("가\n나\n다\n").hash))
  }

  @Test func `empty lines, white space and duplicates are reported`() throws {
    let corpus = try Self.read("가\n\n나 \n가\n\n가\n")
    let list = try #require(corpus.list)
    #expect((list.count, list.items.count) == (4, 2))
    #expect(
      corpus.notes == [
        "list 0: 2 empty lines were skipped.",
        "list 0: white space at the ends of 1 line was removed.",
        "list 0: 4 items, 2 of them different; an item that is repeated counts each time.",
      ])
    #expect(Self.text(corpus).contains("\n가\n가\n가\n"), "equal items are adjacent")
  }

  @Test func `the last line of a source needs no line break`() throws {
    let corpus = try Self.read("가\n나", "다\n라")
    #expect(Self.items(corpus).sorted() == ["가", "나", "다", "라"])
    #expect(corpus.notes.isEmpty)
  }

  @Test(arguments: TokenUnit.allCases)
  func `each token unit has the same items`(unit: TokenUnit) throws {
    let corpus = try Self.read(Self.listing, unit: unit)
    #expect(Self.items(corpus).sorted() == Self.names.sorted())
    #expect(Self.names.allSatisfy { corpus.list?.items.contains($0) == true })
    #expect(corpus.list?.items.contains("김서") == false)
  }

  @Test func `equal items in other normal forms are duplicates`() throws {
    let corpus = try Self.read("한\n\u{1112}\u{1161}\u{11AB}\n")
    #expect(corpus.list?.count == 2 && corpus.list?.items.count == 1)
    let plain = try Self.read("한\n\u{1112}\u{1161}\u{11AB}\n", normalization: .none)
    #expect(plain.list?.items.count == 2)
  }

  @Test func `one item, and an item that is longer than a block`() throws {
    #expect(Self.text(try Self.read("가나다")) == "\n가나다\n")
    let long = String(repeating: "긴 ", count: 400_000) + "끝"
    let corpus = try Self.read("가\n\(long)\n나")
    #expect(Self.items(corpus).sorted() == ["가", long, "나"].sorted())
  }

  @Test(arguments: ["", "\n\n", " \t\n"])
  func `a list without items is refused`(text: String) {
    let error = #expect(throws: TextError.self) { try Self.read(text) }
    #expect(error?.reason == .empty)
  }

  @Test func `a vocabulary without a line feed is refused`() throws {
    let vocabulary = try Vocabulary(tokens: ["가", "나"], unknownID: nil)
    let error = #expect(throws: TextError.self) { try Self.read("가\n나", vocabulary: vocabulary) }
    #expect(error?.reason == .noLineFeed)
  }

  @Test func `a list that is too large is refused`() throws {
    let error = #expect(throws: TextError.self) {
      try Self.read(String(repeating: "가나다라마\n", count: Corpus.maximumListBytes / 16 + 1))
    }
    #expect(error?.reason == .listTooLarge)
  }

  // MARK: The split

  @Test(arguments: [0, 0.01, 0.1, 0.5, 0.9, 1])
  func `a list is divided between two items, with their line feed in both parts`(
    fraction: Double
  ) throws {
    let corpus = try Self.read(Self.listing)
    let (training, heldOut) = corpus.split(withoutLast: fraction)
    #expect(training.lowerBound == 0 && heldOut.upperBound == corpus.count)
    #expect(training.upperBound == heldOut.lowerBound + 1)
    #expect(corpus.ids(heldOut.lowerBound..<heldOut.lowerBound + 1) == corpus.ids(0..<1))
    #expect(abs(Double(heldOut.count - 1) - fraction * Double(corpus.count)) <= 5)
  }

  @Test func `copies of an item are in one part`() throws {
    let text = Self.names.prefix(20).map { String(repeating: $0 + "\n", count: 9) }.joined()
    for seed in 0..<20 as Range<UInt64> {
      let corpus = try Self.read(text, seed: seed)
      let (training, heldOut) = corpus.split(withoutLast: 0.3)
      let parts = [training, heldOut].map {
        Set(Self.text(corpus, $0).split(separator: "\n"))
      }
      #expect(parts[0].isDisjoint(with: parts[1]) && parts[0].count + parts[1].count == 20)
    }
  }

  @Test func `the last item is held out if the cut is in it, and a single one never`() throws {
    let corpus = try Self.read("가\n" + String(repeating: "나", count: 500))
    let (training, heldOut) = corpus.split(withoutLast: 0.1)
    #expect(heldOut.count > 1 && training.count > 1)
    let single = try Self.read("가나다\n가나다\n").split(withoutLast: 0.5)
    #expect(single.training == 0..<9 && single.heldOut == 8..<9)
  }
}

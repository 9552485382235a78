import GeulText
import TestSupport
import Testing

/// Reading texts with labels.
struct LabelTests {
  static func read(
    _ text: String, _ origin: LabelRule.Origin = .line, heldOut: Double = 0,
    listSeed: UInt64? = nil,
    unit: TokenUnit = .grapheme, vocabulary: Vocabulary? = nil
  ) throws -> Corpus {
    var options = CorpusOptions(tokenizer: Tokenizer(unit: unit), vocabulary: vocabulary)
    options.labels = LabelRule(origin, heldOut: heldOut)
    options.listSeed = listSeed
    return try Corpus.read([.text(text, name: "text")], options: options)
  }

  /// The tokens of a corpus: `<x>` for that of a label.
  static func spelled(_ corpus: Corpus, _ range: Range<Int>? = nil) -> String {
    let labels = corpus.vocabulary.labels
    return corpus.ids(range ?? 0..<corpus.count).map { id in
      labels.flatMap {
        $0.ids.contains(Int(id)) ? "<\($0.names[Int(id) - $0.ids.lowerBound])>" : nil
      }
        ?? corpus.vocabulary.tokens[Int(id)]
    }.joined()
  }

  @Test(arguments: TokenUnit.allCases)
  func `the token of a label stands in place of the line feed before its line`(
    unit: TokenUnit
  ) throws {
    let corpus = try Self.read("a\tone\nb\ttwo\nb\tsix\n", unit: unit)
    #expect(Self.spelled(corpus) == "<a>one<b>two<b>six\n")
    let labels = try #require(corpus.vocabulary.labels)
    #expect(labels.names == ["b", "a"], "the most frequent first")
    #expect(corpus.vocabulary.tokens[labels.lineFeedID] == "\n")
    #expect(labels.ids.allSatisfy { labels.target(Int32($0)) == Int32(labels.lineFeedID) })
    #expect(labels.target(Int32(labels.lineFeedID)) == Int32(labels.lineFeedID))
    #expect(labels.id(of: "a") == labels.ids.lowerBound + 1 && labels.id(of: "c") == nil)
    // The text is that without labels.
    #expect(LineListTests.text(corpus) == "\none\ntwo\nsix\n")
    #expect(corpus.byteCount(ofTokensIn: 0..<corpus.count) == 13 && corpus.unknownCount == 0)
    try corpus.vocabulary.check(for: corpus.tokenizer)
    var known: [Int32] = []
    corpus.forEachKnownID(in: 0..<corpus.count) { known.append($0) }
    #expect(!known.contains { labels.ids.contains(Int($0)) })
  }

  @Test func `files have their names as labels`() throws {
    let folder = try Folder()
    try folder.write("one\r\ntwo", to: "austen.txt")
    try folder.write("six\n", to: "dickens.txt")
    var options = CorpusOptions()
    options.labels = LabelRule(.file)
    let corpus = try Corpus.read(
      [.path(folder.file("austen.txt")), .path(folder.file("dickens.txt"))], options: options)
    #expect(Self.spelled(corpus) == "<austen>one<austen>two<dickens>six\n")
    #expect(corpus.labels == LabelRule(.file))
  }

  @Test func `the last lines of each label are held out together`() throws {
    let text =
      (0..<10).map { "a\tx\($0)\n" }.joined() + (0..<20).map { "b\ty\($0 % 10)\n" }.joined()
    let corpus = try Self.read(text, heldOut: 0.2)
    let (training, heldOut) = corpus.split(withoutLast: 0.2)
    let part = Self.spelled(corpus, heldOut)
    #expect(part.hasSuffix("<a>x8<a>x9<b>y6<b>y7<b>y8<b>y9\n") && part.count < 40)
    #expect(Self.spelled(corpus, training).hasPrefix("<a>x0<a>x1"))
  }

  @Test func `items of a list have labels, and equal items of other labels are kept`() throws {
    let corpus = try Self.read("a\tone\nb\tone\nb\ttwo\n\nb\ttwo\n", listSeed: 1)
    #expect(corpus.list?.count == 4 && corpus.list?.items.count == 2)
    let items = Self.spelled(corpus)
    #expect(items.contains("<a>one") && items.contains("<b>one") && items.hasSuffix("\n"))
    #expect(corpus.itemStarts(in: 0..<corpus.count).count == 5)
    let arranged = corpus.arranged(
      corpus.itemStarts(in: 0..<corpus.count - 1).reversed(), endingAt: corpus.count - 1)
    #expect(arranged.count == corpus.count && Self.spelled(arranged).hasSuffix("\n"))
  }

  @Test func `empty items are skipped with a note, with a label or without`() throws {
    let text = "  \na\tone\n\n \t \nb\ttwo\nc\t\nc\t  \nb\tthree"
    let corpus = try Self.read(text, listSeed: 1)
    #expect(corpus.list?.count == 3)
    #expect(corpus.vocabulary.labels?.names == ["b", "a"])
    #expect(corpus.notes == ["text: 5 empty lines were skipped."])
  }

  @Test func `blank lines of a text have the label before them`() throws {
    let corpus = try Self.read("\n  \na\tone\n  \n\nb\ttwo")
    #expect(Self.spelled(corpus) == "<a>one<a>  <a><b>two\n")
    #expect(corpus.notes == ["text: 2 empty lines were skipped."])
  }

  @Test func `another text has the labels of the vocabulary`() throws {
    let first = try Self.read("a\tone\nb\ttwo\n")
    let second = try Self.read("b\tnow\n", vocabulary: first.vocabulary)
    #expect(second.vocabulary == first.vocabulary && Self.spelled(second).hasPrefix("<b>"))
    let fixed = try Self.read("one\ntwo", .fixed("a"), vocabulary: first.vocabulary)
    #expect(Self.spelled(fixed) == "<a>one<a>two\n")
  }

  @Test(arguments: [
    ("a\tone\ntwo\n", "text: line 2 has no label; begin it with a label and a tab."),
    ("a\tone\n \ttwo\n", "text: line 2 has an empty label; write a name before the tab."),
    ("a\tone\na\ttwo\n", "text: there is only one label, a, and at least two are needed."),
    ((0...1000).map { "\($0)\tx\n" }.joined(), "text: there are more than 1000 labels."),
  ])
  func `wrong labels are refused`(text: String, message: String) {
    let error = #expect(throws: TextError.self) { try Self.read(text) }
    #expect(error?.description == message)
  }

  @Test func `an unknown label names the nearest and the others`() throws {
    let vocabulary = try Self.read("austen\tone\ndickens\ttwo\n").vocabulary
    let error = #expect(throws: TextError.self) {
      try Self.read("austin\tone", vocabulary: vocabulary)
    }
    #expect(
      error?.description
        == "text: there is no label \"austin\". Did you mean \"austen\"? The labels are austen, dickens."
    )
    let source = #expect(throws: TextError.self) { try Self.read("one", .file) }
    #expect(
      source?.description
        == "text: a label is the name of a file, but this is not a file; use --context-label line.")
    func advice(_ error: TextError?, _ options: String...) -> String? {
      error?.description(offering: options.contains)
    }
    #expect(
      advice(source, "--label")
        == "text: a label is the name of a file, but this is not a file; give its label with --label."
    )
    #expect(
      advice(source) == "text: a label is the name of a file, but this is not a file; give a file.")
    #expect(advice(error, "--label")?.hasSuffix(" --label gives all lines one of them.") == true)
  }
}

import GeulText
import TestSupport
import Testing

/// The measures of generated texts, on texts whose figures can be computed by hand.
struct TextMeasuresTests {
  private typealias Share = TextMeasures.Share

  private func measures(
    _ text: String, _ training: String? = nil, lexicon: String = ""
  ) throws -> TextMeasures {
    let reference = training.map { TextMeasures.Reference($0, lexicon: lexicon) }
    return try TextMeasures.each(of: [text], reference: reference)[0]
  }

  /// 80 different characters, the first 26 of which are letters.
  private let alphabet =
    String(String.UnicodeScalarView((97..<123).compactMap { Unicode.Scalar($0) }))
    + String(String.UnicodeScalarView((0x2800..<0x2836).compactMap { Unicode.Scalar($0) }))

  @Test func `words that are neither in the training text nor in the lexicon are new`() throws {
    let training = "The lamp (of the harbor) is lit.\n"
    let text = "\"The Lamp,\" she said; a SAIL... harbor-light --\n"
    #expect(try measures(text, training).newWords == Share(count: 5, total: 7))
    #expect(
      try measures(text, training, lexicon: "sail\nShe\n").newWords == Share(count: 3, total: 7))
    #expect(try measures(text).newWords == nil && measures(text).words == 7)
    #expect(try measures("-- ... ()\n", training).newWords == Share(count: 0, total: 0))
  }

  @Test(.timeLimit(.minutes(1)))
  func `a word of a million characters takes linear time`() throws {
    let text = String(repeating: "글", count: 1_000_000)
    #expect(try measures(text).words == 1)
  }

  @Test func `words are compared in NFC and end with letters, marks or numbers of any script`()
    throws
  {
    // A virama is a mark that is not alphabetic: without it this is another word.
    #expect(try measures("अर्थात्।", "अर्थात").newWords == Share(count: 1, total: 1))
    #expect(try measures("अर्थात्।", "अर्थात् है").newWords == Share(count: 0, total: 1))
    #expect(try measures("CAFE\u{301} ⅷ", "«café» Ⅷ").newWords == Share(count: 0, total: 2))
    #expect(try measures("한글은", "\u{1112}\u{1161}\u{11AB}글은!").newWords?.count == 0)
    let chinese = try measures("海上生明月，天涯共此時。", "天涯")
    #expect(chinese.words == 1 && chinese.newWords?.count == 1 && chinese.longestRun?.text == "天涯")
    #expect(chinese.characters == 12)
  }

  @Test func `sequences of 60 characters that occur earlier in the text are repeated`() throws {
    // 160 characters have 101 sequences; those that begin at 80 to 100 are in the second copy.
    #expect(
      try measures(alphabet + alphabet).repeatedSequences == Share(count: 21, total: 101))
    #expect(
      try measures(String(repeating: "ab", count: 50)).repeatedSequences
        == Share(count: 39, total: 41))
    #expect(try measures(alphabet).repeatedSequences == Share(count: 0, total: 21))
    let short = try measures(String(repeating: "a", count: 59))
    #expect(short.repeatedSequences.total == 0 && short.repeatedSequences.value == nil)
  }

  @Test func `repetitions equal those of a naive search`() throws {
    var random = SeededGenerator(seed: 8)
    for _ in 0..<20 {
      let piece = (0..<90).map { _ in "ab".randomElement(using: &random) ?? "a" }
      let text = (0..<4).flatMap { _ in piece.prefix(Int.random(in: 20...90, using: &random)) }
      var (seen, repeated): (Set<[Character]>, Int) = ([], 0)
      for start in 0..<max(0, text.count - 59) {
        repeated += seen.insert(Array(text[start..<start + 60])).inserted ? 0 : 1
      }
      #expect(try measures(String(text)).repeatedSequences.count == repeated)
    }
  }

  @Test func `sequences of the training text are copied, and the longest run has its text`() throws
  {
    let part = String(alphabet.prefix(70))
    let copied = try measures("(" + part + ")", "<" + alphabet + ">")
    // 72 characters have 13 sequences; the first and the last have a parenthesis.
    #expect(copied.copiedSequences == Share(count: 11, total: 13))
    #expect(copied.longestRun?.text == part && copied.longestRun?.length == 70)
    #expect(try measures("ㄱ", "abc").longestRun == nil)
    #expect(try measures(part).copiedSequences == nil)
  }

  @Test func `a run does not go beyond the end of a text`() throws {
    let reference = TextMeasures.Reference("abcdef")
    let texts = try TextMeasures.each(of: ["xabc", "", "def", "abcdef"], reference: reference)
    #expect(texts.map { $0.longestRun?.text } == ["abc", nil, "def", "abcdef"])
    #expect(TextMeasures(pooling: Array(texts.prefix(3))).longestRun?.text == "abc")
  }

  @Test func `types are counted in windows of 500 words`() throws {
    func words(_ count: Int, _ kinds: Int) -> String {
      (0..<count).map { "w\($0 % kinds)" }.joined(separator: " ")
    }
    #expect(try measures(words(499, 2)).windowTypes.value == nil)
    #expect(try measures(words(500, 2)).windowTypes == Share(count: 2, total: 500))
    // The length of the text does not matter.
    #expect(try measures(words(5000, 2)).windowTypes.value == 2 / 500)
    // The window of words 0 to 499 has one type, that of words 1 to 500 has two.
    #expect(try measures(words(500, 1) + " new").windowTypes == Share(count: 3, total: 1000))
    // The first word leaves the second window.
    #expect(try measures("new " + words(500, 1)).windowTypes == Share(count: 3, total: 1000))
  }

  @Test(arguments: [
    ("사람은 집이 책을 집과 집으로 물로 나무로", 7, 7), ("나무는 나무가 나무를 나무와 나는 그가", 6, 6),
    ("나무은 바다이 나무을 나무과 나무으로 물으로", 0, 6), ("물는 강는 집가 책를 집와 집로", 0, 6),
    // Verb endings, endings of questions and words that end like a particle.
    ("먹는 있는 누군가 가는가 마을 아이 가까이 난로 강가 사과", 0, 0),
    // No syllable before, or none of Hangul; other words.
    ("은 는 으로 A는 3은 바다 말했다 말했다고", 0, 0),
    ("“나무꾼은,” (나무꾼이) 나무꾼를!", 2, 3), ("은은하다 가가 이이", 1, 2), ("", 0, 0),
  ])
  func `particles agree with the syllable before`(text: String, agreeing: Int, count: Int) throws {
    #expect(try measures(text).particles == Share(count: agreeing, total: count))
    let decomposed = Tokenizer(unit: .jamo, normalization: .nfd).normalized(text)
    #expect(try measures(decomposed).particles == Share(count: agreeing, total: count))
  }

  @Test func `the particles of a real text agree`() throws {
    let text = """
      옛날에 달머리에는 마을이 하나 있었다. 바다가 넓었고, 강은 길었다. 사람들은 배를 타고 섬으로 갔다. \
      아이와 노인과 개가 그들을 기다렸다. 물가에 난로를 놓은 이는 누군가의 누이였다. 나무로 지은 집은 작았다.
      """
    let particles = try measures(text).particles
    #expect(particles.count == particles.total && particles.total == 16, "\(particles)")
  }

  @Test func `an empty text has no shares, and measures are pooled as counts`() throws {
    let empty = try measures("", "abc")
    #expect(empty.characters == 0 && empty.words == 0 && empty.longestRun == nil)
    for share in [empty.newWords, empty.copiedSequences, empty.repeatedSequences] {
      #expect(share == Share() && share?.value == nil)
    }
    let reference = TextMeasures.Reference("one two")
    let pooled = TextMeasures(
      pooling: try TextMeasures.each(of: ["one", "two three four"], reference: reference))
    #expect(pooled.newWords == Share(count: 2, total: 4) && pooled.characters == 17)
    let none = TextMeasures(pooling: [])
    #expect(none.newWords == nil && none.characters == 0)
    let mixed = TextMeasures(pooling: [empty, try measures("a")])
    #expect(mixed.newWords == nil && mixed.words == 1)
  }
}

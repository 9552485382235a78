import GeulGeneration
import GeulModel
import GeulText
import TestSupport
import Testing

struct CopyLimitTests {
  private static let text =
    "가나 각난 ab 간낙 ba\n가나다 각나 ba 2026. 다.\n가각 나낙 abab 간 난 가나 ab 👍🏽 각\n"

  private func longestRun(_ text: String, in corpus: String) throws -> Int {
    let options = Novelty.corpusOptions()
    guard !text.isEmpty else { return 0 }
    // A private character keeps the line break apart that is added to a text without one.
    let novelty = try Novelty(
      of: Corpus.read([.text(text + "\u{E000}")], options: options),
      in: Corpus.read([.text(corpus)], options: options))
    return novelty.longestRun?.length ?? 0
  }

  @Test(arguments: ControlFixture.tokenizers)
  func `no copied run is longer than the limit, and many are as long`(tokenizer: Tokenizer) throws {
    let fixture = try ControlFixture(tokenizer, text: Self.text)
    let corpus = try Corpus.read(
      [.text(Self.text)], options: CopyLimit.corpusOptions(for: tokenizer))
    for length in [1, 2, 3, 5] {
      let constraint = try fixture.constraint {
        $0.copyLimit = try CopyLimit(length, corpus: corpus, tokenizer: tokenizer)
      }
      var longest = 0
      for (text, ending) in try fixture.texts(constraint, length: 150, count: 40) {
        let run = try longestRun(text, in: Self.text)
        #expect(run <= length, "\(length) \(text)")
        #expect(ending == .length || ending == .noCandidates)
        longest = max(longest, run)
      }
      // Random models of many tokens seldom copy more.
      let isReached = length <= 2 && tokenizer.unit != .byte && tokenizer.normalization != .nfd
      #expect(longest == length || !isReached, "\(length)")
    }
  }

  @Test(arguments: ControlFixture.tokenizers)
  func `a limit that is never reached changes no text`(tokenizer: Tokenizer) throws {
    let fixture = try ControlFixture(tokenizer, text: Self.text)
    let corpus = try Corpus.read([.text("zzz\n")], options: CopyLimit.corpusOptions(for: tokenizer))
    let limited = try fixture.constraint {
      $0.copyLimit = try CopyLimit(2, corpus: corpus, tokenizer: tokenizer)
    }
    let free = try fixture.constraint { _ in }
    let texts = try [limited, free].map { try fixture.texts($0, length: 100).map(\.text) }
    #expect(texts[0] == texts[1])
  }

  @Test func `runs of few characters become as long as the limit`() throws {
    let tokenizer = Tokenizer(unit: .codepoint)
    let fixture = try ControlFixture(tokenizer, text: "abc\n")
    var random = SeededGenerator(seed: 8)
    for length in 1...6 {
      let count = 20 * length
      let text = String((0..<count).map { _ in "abc".randomElement(using: &random) ?? "a" })
      let corpus = try Corpus.read([.text(text)], options: CopyLimit.corpusOptions(for: tokenizer))
      let constraint = try fixture.constraint {
        $0.allowed = try CharacterClass("abc")
        $0.copyLimit = try CopyLimit(length, corpus: corpus, tokenizer: tokenizer)
      }
      let runs = try fixture.texts(constraint, length: 300, count: 30).map {
        try longestRun($0.text, in: text)
      }
      #expect(runs.max() == length, "\(length) \(runs)")
    }
  }

  @Test func `a text without a token that is new ends early`() throws {
    let tokenizer = Tokenizer()
    let fixture = try ControlFixture(tokenizer, text: "ab\n")
    let all = "aabbaa\nab\n\nba\n"
    let corpus = try Corpus.read([.text(all)], options: CopyLimit.corpusOptions(for: tokenizer))
    let constraint = try fixture.constraint {
      $0.copyLimit = try CopyLimit(1, corpus: corpus, tokenizer: tokenizer)
    }
    for (text, ending) in try fixture.texts(constraint) {
      #expect(ending == .noCandidates && text.unicodeScalars.count == 1, "\(text)")
    }
  }

  @Test func `the limit applies together with a pattern`() throws {
    let tokenizer = Tokenizer(unit: .jamo)
    let fixture = try ControlFixture(tokenizer, text: Self.text)
    let corpus = try Corpus.read(
      [.text(Self.text)], options: CopyLimit.corpusOptions(for: tokenizer))
    let constraint = try fixture.constraint {
      $0.pattern = try TextPattern("[가나다각난 ab]{10,20}")
      $0.copyLimit = try CopyLimit(3, corpus: corpus, tokenizer: tokenizer)
    }
    var matchCount = 0
    for (text, ending) in try fixture.texts(constraint, length: 100, count: 40) {
      #expect(try longestRun(text, in: Self.text) <= 3)
      guard ending != .noCandidates else { continue }
      #expect(text.wholeMatch(of: /[가나다각난 ab]{10,20}/) != nil, "\(text)")
      matchCount += 1
    }
    #expect(matchCount > 20)
  }
}

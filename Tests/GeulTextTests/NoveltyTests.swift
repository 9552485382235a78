import GeulText
import TestSupport
import Testing

struct NoveltyTests {
  private func novelty(_ text: String, _ corpus: String) throws -> Novelty {
    let options = Novelty.corpusOptions()
    return try Novelty(
      of: Corpus.read([.text(text)], options: options),
      in: Corpus.read([.text(corpus)], options: options))
  }

  @Test func `the matches equal those of a naive search`() {
    var random = SeededGenerator(seed: 31)
    for _ in 0..<(isThorough ? 3000 : 400) {
      let count = Int32.random(in: 1...3, using: &random)
      func symbols() -> [Int32] {
        (0..<Int.random(in: 0...30, using: &random)).map { _ in
          Int32.random(in: 0..<count, using: &random)
        }
      }
      let (corpus, text) = (symbols(), symbols())
      let matches = LongestMatches(
        corpus + [count] + text, corpusCount: corpus.count, alphabetSize: Int(count) + 1)
      for start in text.indices {
        let longest =
          corpus.indices.map { zip(corpus[$0...], text[start...]).prefix { $0 == $1 }.count }.max()
          ?? 0
        #expect(Int(matches.lengths[start]) == longest, "\(corpus) \(text)")
        let source = Int(matches.sources[start])
        #expect(
          longest == 0
            || corpus[source..<source + longest].elementsEqual(text[start..<start + longest]))
      }
      for n in 1...4 {
        let grams = text.indices.dropLast(n - 1).map { text[$0..<$0 + n] }
        let known = Set(corpus.indices.dropLast(n - 1).map { corpus[$0..<$0 + n] })
        let counts = matches.newNgrams(n)
        #expect(counts.all == grams.count && counts.new == grams.count { !known.contains($0) })
        let covered = text.indices.filter { index in
          text.indices.contains {
            $0 <= index && index < $0 + Int(matches.lengths[$0]) && matches.lengths[$0] >= n
          }
        }
        #expect(
          matches.copiedShare(runsOf: n)
            == (text.isEmpty ? 0 : Double(covered.count) / Double(text.count)))
      }
    }
  }

  @Test func `the longest run has its text and its positions`() throws {
    let novelty = try novelty("새로\n나무를 베는 나무꾼이다.\n", "옛날에\n\n산에 나무를 베는 나무꾼이 살았다.\n")
    let run = try #require(novelty.longestRun)
    #expect(run.text == "나무를 베는 나무꾼이" && run.length == 11)
    #expect(run.textOffset == 3 && run.textLine == 2)
    #expect(run.corpusOffset == 8 && run.corpusLine == 3)
    #expect(novelty.newWords == ["새로", "나무꾼이다"] && novelty.wordCount == 4)
    #expect(novelty.copiedShares.map(\.share) == [0, 0, 0])
  }

  @Test func `a copy is copied, and a text of other characters is new`() throws {
    let text = String(repeating: "The lamp, he said: \"Café\"! ", count: 9) + "\n"
    let copy = try novelty(text, "x" + text)
    #expect(copy.longestRun?.length == copy.count && copy.copiedShares.allSatisfy { $0.share == 1 })
    #expect(copy.newNgrams.allSatisfy { $0.newCount == 0 } && copy.newWords.isEmpty)
    let new = try novelty("나무\n", "ab 12\n")
    #expect(new.longestRun?.text == "\n" && new.newWords == ["나무"])
    // Other normal forms, case and punctuation are no differences of words.
    let words = try novelty("CAFE\u{301}; (lamp)\n", text)
    #expect(words.newWords.isEmpty && words.wordCount == 2)
  }
}

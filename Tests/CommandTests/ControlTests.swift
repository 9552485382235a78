import Foundation
import Testing
import TestSupport

/// `geul generate` with `--allow`, `--ban`, `--logit-bias`, `--pattern`, `--acrostic`, `--line-end` and `--max-copy`, and
/// `geul novelty`.
struct ControlTests {
  private let english: Folder
  private let korean: Folder
  init() throws { (english, korean) = (try Runs.english.get(), try Runs.korean.get()) }

  private func generate(
    _ arguments: [String], korean isKorean: Bool = false
  ) throws -> GeulProcess.Result {
    try GeulProcess.run(
      ["generate", "run", "--seed", "3", "-q"] + arguments, in: isKorean ? korean : english)
  }

  @Test func `only allowed characters are generated`() throws {
    let allowed = try generate(["-n", "200", "--allow", "[a-m]", "--allow", " ,"]).stdout
    #expect(
      allowed.count == 201 && allowed.dropLast().allSatisfy { "abcdefghijklm ,".contains($0) })
    let banned = try generate(["-n", "200", "--ban", "e", "--ban", "\\n", "-p", "the"]).stdout
    #expect(
      banned.hasPrefix("the") && !banned.dropFirst(3).dropLast().contains { "e\n".contains($0) })
    let hangul = try generate(["-n", "99", "--allow", "\\p{Hangul}"], korean: true).stdout
    #expect(hangul.count > 20 && hangul.dropLast().allSatisfy { "가"..."힣" ~= $0 }, "\(hangul)")
  }

  @Test func `a bias bans a token or makes it likely`() throws {
    let banned = try generate(["-n", "200", "--logit-bias", "e=-100", "--logit-bias", "\\n=-100"])
    #expect(banned.stdout.count == 201 && !banned.stdout.dropLast().contains { "e\n".contains($0) })
    let likely = try generate(["-n", "50", "--logit-bias", "k=100"])
    #expect(likely.stdout == String(repeating: "k", count: 50) + "\n")
  }

  @Test func `the text matches the pattern, and its reason is pattern`() throws {
    let arguments = ["--pattern", "[a-z]{3,5}(, [a-z]+)?\\.", "--num-samples", "5", "--json"]
    let result = try generate(arguments).json()
    let samples = try #require(result["samples"] as? [[String: Any]])
    #expect(samples.count == 5)
    for sample in samples {
      let text = try #require(sample["text"] as? String)
      #expect(text.wholeMatch(of: /[a-z]{3,5}(, [a-z]+)?\./) != nil, "\(text)")
      #expect(sample["stop_reason"] as? String == "pattern")
    }
    // A syllable at the end of the prompt is not completed, and is printed.
    let korean = try generate(["-p", "나무", "--pattern", "[가-힣]{2}\\n"], korean: true).stdout
    #expect(korean.wholeMatch(of: /나무[가-힣]{2}\n\n/) != nil, "\(korean)")
  }

  @Test func `lines begin and end as they must`() throws {
    let acrostic = try generate(["--acrostic", "나무꾼", "--line-length", "9"], korean: true).stdout
    let lines = acrostic.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.compactMap(\.first) == ["나", "무", "꾼"] && lines.allSatisfy { $0.count <= 9 })
    let ended = try generate(
      ["--acrostic", "ab", "--line-end", "d", "--line-end", "rd", "--line-length", "30"]
    ).stdout
    #expect(ended.wholeMatch(of: /a.*d\nb.*d\n/) != nil, "\(ended)")
  }

  @Test func `nothing longer than --max-copy is copied, by default from the text of the run`()
    throws
  {
    for isKorean in [false, true] {
      let folder = isKorean ? korean : english
      for corpus in [[], ["--copy-corpus", "text.txt"]] {
        let result = try generate(
          ["-n", "400", "-t", "0.5", "--max-copy", "2"] + corpus, korean: isKorean)
        // The line break at the end is not generated.
        let text = result.stdout.dropLast() + "\u{E000}\n"
        let report = try GeulProcess.run(
          ["novelty", "-", "text.txt", "--json"], stdin: String(text), in: folder
        ).json()
        let run = try #require(report["longest_run"] as? [String: Any])
        #expect(run["characters"] as? Int ?? 0 == 2, "\(text) \(run)")
      }
    }
  }

  @Test(arguments: [["--encoding", "koi8-r"], ["--invalid", "replace"]])
  func `--max-copy decodes the text of the run as in training`(options: [String]) throws {
    let folder = try Folder()
    // In KOI8-R: мир и лес. This is not valid UTF-8.
    let line: [UInt8] = [0xCD, 0xC9, 0xD2, 0x20, 0xC9, 0x20, 0xCC, 0xC5, 0xD3, 0x2E, 0x0A]
    try folder.write(Data((0..<60).flatMap { _ in line }), to: "text.txt")
    let trained = try GeulProcess.run(
      ["train", "text.txt", "--out", "run", "--steps", "10", "-q"] + Runs.tiny + options, in: folder
    )
    try #require(trained.status == 0, "\(trained.stderr)")
    let arguments = ["generate", "run", "--seed", "3", "-n", "100", "-q", "--max-copy", "2"]
    let result = try GeulProcess.run(arguments, in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    let stated = try GeulProcess.run(
      arguments + ["--copy-corpus", "text.txt"] + options, in: folder)
    #expect(stated.status == 0 && result.output == stated.output, "\(stated.stderr)")
  }

  @Test(arguments: [
    (["--pattern", "(a"], "--pattern, character 1: ( has no closing parenthesis"),
    (["--pattern", ""], "--pattern is empty"),
    (["--ban", "[a"], "--ban: \"[a\" is not a character class"),
    (["--allow", ""], "--allow: \"\" has no characters"),
    (["--line-length", "9"], "--line-length needs"),
    (["--acrostic", "ab", "--line-length", "1"], "--line-length must be"),
    (["--max-copy", "0"], "--max-copy must be"),
    (["--copy-corpus", "text.txt"], "needs --max-copy"),
    (["--logit-bias", "e"], "--logit-bias \"e\" is not a token"),
    (["--logit-bias", "e=101"], "--logit-bias must be from -100"),
  ])
  func `a wrong value is a usage error`(arguments: [String], part: String) throws {
    let result = try generate(arguments)
    result.expectRefusal(2)
    #expect(result.stderr.contains(part), "\(result.stderr)")
  }

  @Test(arguments: [
    (["--pattern", "Ω+"], "No text of the model's tokens"), (["--allow", "Ω"], "No text"),
    (["--pattern", "[ab]*a[ab]{40}"], "more than 100000 states"),
    (["--pattern", "[a-z]{9}", "-n", "4"], "has 9 tokens, and --length is 4"),
    (["--acrostic", "aΩ"], "cannot begin a line with \"Ω\""),
    (["--logit-bias", "Ω=1"], "not in the model's vocabulary"),
    (["--logit-bias", "ab=1"], "not one token of the model, but 2 characters"),
    (["--max-copy", "5", "--copy-corpus", "nothing.txt"], "nothing.txt"),
  ])
  func `rules that the model cannot obey are an error`(arguments: [String], part: String) throws {
    let result = try generate(arguments)
    result.expectRefusal(1)
    #expect(result.stderr.contains(part), "\(result.stderr)")
  }

  @Test func `a text that ends because every token breaks a rule has a note`() throws {
    let result = try GeulProcess.run(
      [
        "generate", "run", "--seed", "3", "-n", "300", "--allow", "ab", "--max-copy", "1",
        "--copy-corpus", "-",
      ], stdin: "aabbaa", in: english)
    #expect(result.status == 0 && result.stdout.count == 2)
    #expect(result.notes.contains { $0.hasPrefix("Note: a text ended early") }, "\(result.stderr)")
  }

  @Test func `letters stand for jamo in a model of jamo`() throws {
    func jamo(_ arguments: String...) throws -> [UInt32] {
      let result = try generate(["-n", "60"] + arguments, korean: true)
      #expect(result.status == 0 && result.stderr.isEmpty, "\(result.stderr)")
      return result.stdout.decomposedStringWithCanonicalMapping.unicodeScalars.map(\.value)
        .dropLast()
    }
    #expect(try jamo("--logit-bias", "ㅏ=100") == Array(repeating: 0x1161, count: 60))
    let unbiased = try jamo()
    #expect(unbiased.contains(0x1102) && unbiased.contains(0x11AB))
    let banned = try jamo("--logit-bias", "ㄴ=-100")
    #expect(!banned.contains(0x1102) && !banned.contains(0x11AB) && banned.count > 50)
    let pattern = try jamo("--pattern", "[ㄱ-ㅎ]{3}")
    #expect(pattern.count == 3 && pattern.allSatisfy { 0x1100...0x1112 ~= $0 }, "\(pattern)")
    let letters = try jamo("--allow", "[ㄱ-ㅎㅏ-ㅣ]")
    #expect(letters.count > 50 && letters.allSatisfy { 0x1100...0x11FF ~= $0 })
    let complete = try generate(["-n", "60", "--ban", "[ㄱ-ㅎ]"], korean: true).stdout
    #expect(!complete.unicodeScalars.contains { 0x1100...0x11FF ~= $0.value }, "\(complete)")
    let acrostic = try generate(["--acrostic", "ㄱㄴ", "-n", "200"], korean: true)
    let lines = acrostic.stdout.split(separator: "\n").compactMap(\.first)
    #expect(lines.count == 2 && "가"..."깋" ~= lines[0] && "나"..."닣" ~= lines[1], "\(lines)")
  }

  @Test func `novelty prints what is copied and what is new`() throws {
    let folder = try Folder()
    try folder.write("새 나무를 베는 나무꾼.\n", to: "text.txt")
    try folder.write("산에 나무를 베는 나무꾼이 산다.\n", to: "corpus.txt")
    let table = try GeulProcess.run(["novelty", "text.txt", "corpus.txt"], in: folder)
    #expect(table.status == 0 && table.stderr.isEmpty)
    for part in [
      "characters          14", "longest copied run  11 characters, line 1 of the text, line 1 of",
      "   나무를 베는 나무꾼", "new sequences of  4 characters  27.3 %", "new words           2 of 4",
      "  새, 나무꾼",
    ] {
      #expect(table.stdout.contains(part), "\(part): \(table.stdout)")
    }
    let json = try GeulProcess.run(["novelty", "text.txt", "corpus.txt", "--json"], in: folder)
      .json()
    #expect(json["new_words"] as? [String] == ["새", "나무꾼"] && json["characters"] as? Int == 14)
    try GeulProcess.run(["novelty", "-", "-"], in: folder).expectRefusal(
      2, naming: "standard input")
    try GeulProcess.run(["novelty", "none.txt", "corpus.txt"], in: folder).expectRefusal(
      1, naming: "none.txt")
  }
}

import Foundation
import Testing
import TestSupport

/// `geul generate --report`.
struct MeasureTests {
  private let english: Folder
  private let korean: Folder
  init() throws { (english, korean) = (try Runs.english.get(), try Runs.korean.get()) }

  private func generate(
    _ arguments: [String], korean isKorean: Bool = false, stdin: String? = nil
  ) throws -> GeulProcess.Result {
    try GeulProcess.run(
      ["generate", "run", "--seed", "3"] + arguments, stdin: stdin,
      in: isKorean ? korean : english)
  }

  private func report(_ arguments: [String], korean: Bool = false) throws -> [String: Any] {
    let result = try generate(arguments + ["--report", "--json"], korean: korean)
    return try #require(try result.json()["report"] as? [String: Any], "\(result.stderr)")
  }

  /// Returns the measures of the generated or the held-out texts.
  private func measures(_ report: [String: Any], heldOut: Bool = false) throws -> [String: Any] {
    let group = try #require((report["temperatures"] as? [[String: Any]])?.first)
    return try #require((heldOut ? report["held_out"] : group["measures"]) as? [String: Any])
  }

  @Test(arguments: [
    ["-n", "300"], ["-n", "90", "--num-samples", "3"], ["-n", "80", "-t", "0.5,1"],
    ["-n", "80", "--num-samples", "2", "--side-by-side"], ["-n", "0", "-p", "the"],
  ])
  func `the text does not change, and a table is on standard error`(arguments: [String]) throws {
    let plain = try generate(arguments)
    let measured = try generate(arguments + ["--report"])
    #expect(measured.status == 0 && measured.output == plain.output)
    #expect(plain.stderr.isEmpty && measured.stderr.contains("\nnew words "), "\(measured.stderr)")
    // --quiet does not suppress what was asked for.
    #expect(try generate(arguments + ["--report", "-q"]).stderr == measured.stderr)
  }

  @Test func `a column has the figures of the texts of a temperature`() throws {
    let table = try generate(["-n", "100", "--num-samples", "2", "-t", "0.5,1", "--report"]).notes
    #expect(table[0].split(separator: /\s\s+/) == ["t 0.5", "t 1", "held-out text"])
    #expect(table[1].split(separator: /\s\s+/) == ["texts", "2", "2", "2"])
    #expect(table[2].split(separator: /\s\s+/) == ["characters", "200", "200", "200"])
    let types = try #require(table.first { $0.hasPrefix("types per token, 500 words") })
    #expect(types.components(separatedBy: "too short").count == 4, "\(types)")
    #expect(table.contains { $0.contains(/^  characters 1000 to 2000 +too short +too short$/) })
    #expect(table.contains { $0.hasPrefix("Longest copied run at temperature 0.5: \"") })
  }

  @Test func `the surprisal is the model's loss, and the held-out text's the validation loss`()
    throws
  {
    let report = try report(["-n", "2500"])
    let loss = try #require(report["validation_nats_per_char"] as? Double)
    #expect(abs(loss - (report["validation_nats_per_token"] as? Double ?? 0)) < 1e-9)
    let group = try #require((report["temperatures"] as? [[String: Any]])?.first)
    let surprisal = try #require(group["surprisal"] as? [String: Any])
    let windows = try #require(surprisal["windows"] as? [[String: Any]])
    #expect(windows.count == 1 && windows[0]["start"] as? Int == 1000)
    let text = try generate(["-n", "2500"]).stdout
    // Generation starts as after a line break; `evaluate` adds the last one.
    let score = try GeulProcess.run(
      ["evaluate", "run", "-", "--json"], stdin: "\n" + text, in: english
    ).json()
    let nats = try #require(surprisal["nats_per_token"] as? Double)
    #expect(abs(nats - (score["nats"] as? Double ?? 0)) < 0.01)
  }

  @Test func `the training text of the run is known, and its end is held out`() throws {
    let arguments = ["-n", "400", "--report"]
    #expect(
      try generate(arguments).stderr
        == generate(arguments + ["--copy-corpus", "text.txt"]).stderr)
    let report = try report(["-n", "400"])
    #expect(report["is_training_text"] as? Bool == true)
    let heldOut = try measures(report, heldOut: true)
    #expect(heldOut["characters"] as? Int == 400)
    // All words of this text are in its vocabulary of 30 words, but the first and the last may be cut.
    let new = try #require(heldOut["new_words"] as? [String: Any])
    #expect(try #require(new["count"] as? Int) <= 2)
    #expect(new["total"] as? Int == heldOut["words"] as? Int)
    // A text that is longer than the held-out text is compared with all of it.
    let long = try measures(self.report(["-n", "9000"]), heldOut: true)
    #expect(long["characters"] as? Int == Texts.english.count - Texts.english.count * 9 / 10)
  }

  @Test func `only the first characters are measured, and words of a lexicon are not new`() throws {
    let arguments = ["-n", "400", "--report-length", "50"]
    let short = try measures(report(arguments))
    #expect(short["characters"] as? Int == 50 && short["repeated_sequences"] == nil)
    let text = try generate(["-n", "400"]).stdout
    let words = text.prefix(50).split(whereSeparator: \.isWhitespace).joined(separator: "\n")
    let folder = try Folder()
    try folder.write(words, to: "words.txt")
    let known = try measures(
      report(arguments + ["--lexicon", folder.file("words.txt")]))
    let new = try #require(known["new_words"] as? [String: Any])
    #expect(new["count"] as? Int == 0)
  }

  @Test func `another text is no training text, so nothing is held out`() throws {
    let folder = try Folder()
    try folder.write("the king saw the river Ω\n", to: "other.txt")
    let corpus = ["--copy-corpus", folder.file("other.txt")]
    let report = try report(["-n", "200"] + corpus)
    #expect(report["is_training_text"] as? Bool == false && report["held_out"] == nil)
    #expect(try measures(report)["new_words"] != nil)
    let table = try generate(["-n", "200", "--report"] + corpus)
    #expect(table.stderr.contains("is not the text that the model was trained on"))
    // A model file does not say where its text is.
    let model = try GeulProcess.run(
      ["generate", "run/best.safetensors", "-n", "200", "--seed", "3", "--report"], in: english)
    #expect(model.stderr.contains("need the training text") && model.status == 0, "\(model.stderr)")
    #expect(!model.stderr.contains("new words ") && model.stderr.contains("surprisal, nats/char"))
  }

  @Test func `particles count in Korean texts, from 20 on`() throws {
    let report = try report(["-n", "1500"], korean: true)
    let particles = try #require(try measures(report, heldOut: true)["particles"] as? [String: Any])
    #expect(particles["share"] as? Double == 1)
    let few = try generate(["-n", "40", "--report"], korean: true).notes
    #expect(few.contains { $0.hasPrefix("Korean particles") })
    #expect(few.contains { $0.hasPrefix("  that agree") && $0.contains("too few") })
    #expect(try !generate(["-n", "200", "--report"]).stderr.contains("particles"))
  }

  @Test func `JSON lines end with the report of all temperatures`() throws {
    let lines = try generate(
      ["-n", "70", "-t", "0.5,1", "--num-samples", "2", "--format", "jsonl", "--report"]
    ).stdout.split(separator: "\n")
    #expect(lines.count == 5)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(lines[4].utf8)) as? [String: Any])
    let report = try #require(object["report"] as? [String: Any])
    let groups = try #require(report["temperatures"] as? [[String: Any]])
    #expect(groups.map { $0["temperature"] as? Double } == [0.5, 1])
    #expect(groups.allSatisfy { ($0["texts"] as? [Any])?.count == 2 })
  }

  @Test(arguments: [
    (["--lexicon", "text.txt"], "--lexicon needs --report"),
    (["--report-length", "9"], "--report-length needs --report"),
    (["--report", "--report-length", "0"], "--report-length must be"),
    (["--report", "--lines", "3"], "Leave out one of them"),
    (["--copy-corpus", "text.txt"], "--copy-corpus needs --max-copy or --report"),
    (["--report", "--max-copy", "9", "--copy-corpus", "-"], "standard input can be read once"),
  ])
  func `a wrong combination is a usage error`(arguments: [String], part: String) throws {
    try generate(arguments).expectRefusal(2, naming: part)
  }

  @Test(arguments: [
    (["--copy-corpus", "nothing.txt"], "nothing.txt: no such file"),
    (["--lexicon", "nothing.txt"], "nothing.txt: no such file"),
  ])
  func `a missing file is an error before generation`(arguments: [String], part: String) throws {
    try generate(arguments + ["--report"]).expectRefusal(1, naming: part)
  }
}

import Foundation
import TestSupport
import Testing

/// `geul generate` for several prompts, temperatures and candidates.
struct BatchGenerationTests {
  private let folder: Folder
  init() throws { folder = try Runs.english.get() }

  private struct Line: Decodable {
    let prompt: String
    let text: String
    let stop_reason: String
    let temperature: Double
    let seed: UInt64
    let sample: Int
    let mean_log_probability: Double
  }

  private func generate(_ arguments: [String], stdin: String? = nil) throws -> GeulProcess.Result {
    try GeulProcess.run(
      ["generate", "run", "-n", "30", "--seed", "7"] + arguments, stdin: stdin, in: folder)
  }

  private func lines(_ result: GeulProcess.Result) throws -> [Line] {
    #expect(result.status == 0, "\(result.stderr)")
    return try result.stdout.split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
  }

  @Test(arguments: [
    "the moon\nthe night\nthe\n",
    "{\"prompt\": \"the moon\"}\n\"the night\"\n\n{\"id\": 3, \"prompt\": \"the\"}\n",
  ])
  func `each prompt of a file gets the text that it gets alone`(prompts: String) throws {
    let lines = try lines(generate(["--prompts", "-", "-t", "0.9"], stdin: prompts))
    #expect(lines.map(\.prompt) == ["the moon", "the night", "the"])
    for line in lines {
      let alone = try generate(["--prompt", line.prompt, "-t", "0.9"])
      #expect(alone.stdout == line.prompt + line.text + "\n")
      #expect(line.seed == 7 && line.temperature == 0.9 && line.stop_reason == "length")
      #expect(line.mean_log_probability < 0)
    }
  }

  @Test func `several temperatures are generated in turn`() throws {
    let result = try generate(["--prompt", "the", "-t", "0.2,0.8,1.2"])
    #expect(result.status == 0)
    var expected = ""
    for temperature in ["0.2", "0.8", "1.2"] {
      let alone = try generate(["--prompt", "the", "-t", temperature])
      expected += "--- temperature \(temperature)\n" + alone.stdout
    }
    #expect(result.stdout == expected)
  }

  @Test func `--side-by-side prints the texts of each prompt in columns`() throws {
    let arguments = ["-t", "0.2,0.8", "--num-samples", "2", "--prompts", "-"]
    let prompts = "the moon\nthe night\n"
    let texts = try lines(generate(arguments, stdin: prompts))
    let result = try GeulProcess.run(
      ["generate", "run", "-n", "30", "--seed", "7", "--side-by-side"] + arguments,
      stdin: prompts, environment: ["COLUMNS": "220"], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    let blocks = result.stdout.components(separatedBy: "\n\n").map {
      $0.split(separator: "\n").map { line in
        "\(line) ".split(separator: " │ ", omittingEmptySubsequences: false).map {
          $0.trimmingCharacters(in: .whitespaces)
        }
      }
    }
    #expect(blocks.count == 2)
    for (block, expected) in zip(blocks, [texts[..<4], texts[4...]]) {
      #expect(
        block[0] == [
          "temperature 0.2, sample 0", "temperature 0.2, sample 1", "temperature 0.8, sample 0",
          "temperature 0.8, sample 1",
        ])
      for (column, line) in expected.enumerated() {
        // Rows are wrapped at spaces, which are left out there.
        let shown = block.dropFirst(2).map { column < $0.count ? $0[column] : "" }.joined()
        let text = line.prompt + line.text
        #expect(shown.filter { !$0.isWhitespace } == text.filter { !$0.isWhitespace })
      }
    }
    let widths = try generate(arguments + ["--side-by-side"], stdin: prompts).stdout
      .split(separator: "\n").map(\.count)
    #expect((widths.max() ?? 0) <= 80 && (widths.max() ?? 0) > 60)
  }

  @Test func `the most likely of several texts are chosen`() throws {
    let all = try lines(generate(["--prompt", "the", "--num-samples", "6", "--format", "jsonl"]))
    #expect(all.map(\.sample) == Array(0..<6))
    let best = try lines(
      generate(["--prompt", "the", "--best-of", "6", "--num-samples", "2", "--format", "jsonl"]))
    let ranked = all.sorted { $0.mean_log_probability > $1.mean_log_probability }
    #expect(best.map(\.text) == ranked.prefix(2).map(\.text))
    let one = try generate(["--prompt", "the", "--best-of", "6"])
    #expect(one.stdout == "the" + ranked[0].text + "\n")
  }

  @Test(arguments: [
    (["--best-of", "2", "--num-samples", "3"], 2, "--best-of 2 must not be less than"),
    (["--side-by-side"], 2, "--side-by-side needs several texts"),
    (["--side-by-side", "--num-samples", "2", "--json"], 2, "--side-by-side prints text"),
    (
      ["--side-by-side", "--num-samples", "2", "--format", "jsonl"], 2, "--side-by-side prints text"
    ),
    (["--temperature", "0.5,x"], 2, "'0.5,x' is invalid"),
    (["--temperature", "0.5,-1"], 2, "temperature must be 0 or more"),
    (["--temperature", "0.5,1", "--json"], 2, "Use --format jsonl."),
    (["--json", "--format", "text"], 2, "Give only one of --json and --format."),
    (["--prompts", "none.txt"], 1, "none.txt: no such file or directory."),
    (["--prompts", "text.txt", "--prompt", "x"], 2, "Give only one of --prompt"),
  ])
  func `wrong options are refused`(arguments: [String], code: Int32, sentence: String) throws {
    try generate(arguments).expectRefusal(code, naming: sentence)
  }

  @Test func `a line that is no prompt is named`() throws {
    try generate(["--prompts", "-"], stdin: "{\"prompt\": \"a\"}\n{\"text\": \"b\"}\n")
      .expectRefusal(
        1, naming: "standard input: line 2 is not a JSON object with a text \"prompt\"")
  }

  @Test(arguments: ["", "\n"])
  func `a file without prompts is refused`(prompts: String) throws {
    try generate(["--prompts", "-"], stdin: prompts)
      .expectRefusal(1, naming: "standard input has no prompts.")
  }
}

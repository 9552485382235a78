import Foundation
import Testing
import TestSupport

/// `geul generate`.
struct GenerateTests {
  private let folder: Folder
  init() throws { folder = try Runs.english.get() }

  private func generate(
    _ arguments: String..., model: String = "run", stdin: String? = nil,
    environment: [String: String] = [:]
  ) throws -> GeulProcess.Result {
    try GeulProcess.run(
      ["generate", model] + arguments, stdin: stdin, environment: environment, in: folder)
  }

  @Test func `the text depends on the seed`() throws {
    let texts = try ["5", "5", "6"].map {
      try generate("-n", "100", "--seed", $0, "--prompt", "the ").stdout
    }
    #expect(texts[0] == texts[1] && texts[0] != texts[2])
    #expect(texts[0].hasPrefix("the ") && texts[0].hasSuffix("\n"))
    #expect(texts[0].count == 4 + 100 + 1)
  }

  @Test func `without a seed, or with -1, a random seed is printed`() throws {
    let results = try [generate("-n", "30"), generate("-n", "30", "--seed", "-1")]
    for result in results {
      let note = try #require(result.notes.first { $0.hasPrefix("seed ") })
      let seed = String(note.dropFirst(5))
      #expect(try generate("-n", "30", "--seed", seed).stdout == result.stdout)
    }
    #expect(results[0].stdout != results[1].stdout)
  }

  @Test func `temperature 0 does not depend on the seed`() throws {
    let greedy = try ["1", "2"].map {
      try generate("-n", "60", "--temperature", "0", "--seed", $0).stdout
    }
    #expect(greedy[0] == greedy[1])
    #expect(try generate("-n", "60", "--greedy", "--seed", "3").stdout == greedy[0])
  }

  @Test(arguments: ["-n", "--length"])
  func `a length of -1 continues until a stop string or until the reader leaves`(option: String)
    throws
  {
    let long = try generate("-n", "2000", "--seed", "3", "--stop", ".").stdout
    try #require(long.count < 2000)
    #expect(try generate(option, "-1", "--seed", "3", "--stop", ".").stdout == long)
    let json = try generate(option, "-1", "--seed", "3", "--stop", ".", "--json").json()
    let sample = try #require((json["samples"] as? [[String: Any]])?.first)
    #expect(sample["text"] as? String == String(long.dropLast()))
    let endless = try GeulProcess.shell(
      #""$geul" generate run \#(option) -1 --seed 1 -q | head -c 100000; exit ${PIPESTATUS[0]}"#,
      in: folder)
    #expect(endless.status == 0 && endless.output.count == 100_000, "\(endless.stderr)")
    for flags in [["--json"], ["--num-samples", "2"]] {
      try GeulProcess.run(["generate", "run", option, "-1"] + flags, in: folder)
        .expectRefusal(2, naming: "--length -1", "--stop")
    }
  }

  @Test func `a temperature far above 1 is pointed out`() throws {
    let note =
      "Note: -t is the temperature; 4 is far above 1 and gives noise. The number of threads is --threads."
    #expect(try generate("-n", "5", "-t", "4", "--seed", "1").notes == [note])
    #expect(try generate("-n", "5", "-t", "4", "--seed", "1", "--quiet").stderr.isEmpty)
    #expect(try generate("-n", "5", "-t", "2", "--seed", "1").stderr.isEmpty)
  }

  @Test func `penalties apply to the last tokens`() throws {
    func greedy(_ arguments: [String]) throws -> String {
      let result = try GeulProcess.run(
        ["generate", "run", "--greedy", "-n", "60", "-f", "text.txt", "--no-display-prompt"]
          + arguments, in: folder)
      #expect(result.status == 0, "\(result.stderr)")
      return result.stdout
    }
    let text = try greedy([])
    // Each character occurs in the prompt: over all tokens, the presence penalty changes all logits alike.
    let all = ["--repeat-last-n", "1000000"]
    #expect(try greedy(all + ["--presence-penalty", "2"]) == text)
    #expect(try greedy(all + ["--frequency-penalty", "2"]) != text)
    for option in ["--presence-penalty", "--frequency-penalty"] {
      #expect(try greedy([option, "0"]) == text)
      #expect(try greedy([option, "2", "--repeat-last-n", "0"]) == text)
      #expect(try greedy([option, "2", "--repeat-last-n", "4"]) != text)
      #expect(
        try greedy([option, "-2", "--repeat-last-n", "4"])
          != greedy([option, "2", "--repeat-last-n", "4"]))
    }
  }

  @Test(arguments: [
    ["--top-n-sigma", "0.5"], ["--typical-p", "0.3"], ["--dynatemp-range", "0.8"],
    ["--dry-multiplier", "3", "--dry-allowed-length", "1"],
    ["--mirostat", "2", "--mirostat-tau", "0.5"],
  ])
  func `each advanced sampler changes the text, and is off by default`(options: [String]) throws {
    func text(_ more: [String]) throws -> String {
      let result = try GeulProcess.run(
        ["generate", "run", "-n", "200", "--seed", "5"] + more, in: folder)
      #expect(result.status == 0 && result.stderr.isEmpty, "\(result.stderr)")
      return result.stdout
    }
    let plain = try text([])
    #expect(try text(options) != plain)
    #expect(try text(options) == text(options))
    let off = ["--typical-p"].contains(options[0]) ? "1" : "0"
    #expect(try text([options[0], off] + options.dropFirst(2)) == plain)
  }

  @Test func `the DRY penalty ends the loops of greedy decoding`() throws {
    func texts(_ more: String...) throws -> String {
      let result = try GeulProcess.run(
        ["generate", "run", "--greedy", "-n", "600"] + more, in: folder)
      return result.stdout
    }
    /// The number of different sequences of 30 characters among the last 300.
    func variety(_ text: String) -> Int {
      let characters = Array(text.suffix(300))
      return Set((0...270).map { String(characters[$0..<$0 + 30]) }).count
    }
    #expect(variety(try texts()) < 200)
    #expect(variety(try texts("--dry-multiplier", "1")) > variety(try texts()))
  }

  @Test func `-n 0 writes only the prompt`() throws {
    #expect(try generate("-n", "0", "--prompt", "king", "--seed", "1").stdout == "king\n")
    #expect(
      try generate("-n", "0", "--prompt", "king", "--seed", "1", "--no-display-prompt").stdout
        == "\n")
  }

  @Test func `the text ends before a stop string that several tokens form`() throws {
    let text = try generate("-n", "300", "--seed", "3").stdout.dropLast()
    // Three characters of the text, which are three tokens.
    let start = text.index(text.startIndex, offsetBy: 120)
    let stop = String(text[start..<text.index(start, offsetBy: 3)])
    let first = try #require(text.firstRange(of: stop))
    let expected = String(text[..<first.lowerBound]) + "\n"
    #expect(try generate("-n", "300", "--seed", "3", "--stop", stop).stdout == expected)
    let two = try generate(
      "-n", "300", "--seed", "3", "--stop", "never in it", "--stop", stop, "--json"
    ).json()
    let sample = try #require((two["samples"] as? [[String: Any]])?.first)
    #expect(sample["stop_reason"] as? String == "stop")
    #expect(sample["text"] as? String == String(expected.dropLast()))
  }

  @Test func `the beginning of a stop string is written`() throws {
    let text = try generate("-n", "50", "--seed", "3").stdout
    let last = String(text.dropLast().suffix(2))
    #expect(try generate("-n", "50", "--seed", "3", "--stop", last + "§§").stdout == text)
  }

  @Test func `sample i depends only on the seed and i`() throws {
    func samples(_ count: Int, _ threads: String) throws -> [String] {
      let json = try generate(
        "-n", "50", "--seed", "9", "--num-samples", "\(count)", "--threads", threads, "--json"
      ).json()
      let samples = try #require(json["samples"] as? [[String: Any]])
      return samples.compactMap { $0["text"] as? String }
    }
    let many = try samples(64, "2")
    #expect(many.count == 64 && Set(many).count > 60)
    for count in [1, 2, 7, 64] { #expect(try samples(count, "1") == Array(many.prefix(count))) }
    let alone = try generate("-n", "50", "--seed", "9").stdout
    #expect(alone == many[0] + "\n")
  }

  @Test func `several texts are separated by dashes`() throws {
    let result = try generate("-n", "5", "--seed", "9", "--num-samples", "3", "--prompt", "fox ")
    let texts = result.stdout.components(separatedBy: "\n---\n")
    #expect(texts.count == 3 && texts.allSatisfy { $0.hasPrefix("fox ") })
  }

  @Test(arguments: ["portable", "avx2", "avx512"], ["float32", "int8"])
  func `the text does not depend on the instruction set`(set: String, precision: String) throws {
    func run(environment: [String: String] = [:]) throws -> GeulProcess.Result {
      try generate("-n", "60", "--seed", "9", "--precision", precision, environment: environment)
    }
    let result = try run(environment: ["GEUL_ISA": set])
    if result.status == 1, result.stderr.contains("is not an instruction set of this machine") {
      return
    }
    #expect(result.status == 0 && result.stdout.count > 60)
    #expect(result.stdout == (try run().stdout))
  }

  @Test func `a prompt comes from an option, a file or standard input`() throws {
    try folder.write("the king\n", to: "prompt.txt")
    try folder.write("the king\r\n", to: "prompt-crlf.txt")
    let expected = try generate("-n", "20", "--seed", "1", "--prompt", "the king").stdout
    #expect(
      try generate("-n", "20", "--seed", "1", "--prompt-file", "prompt.txt").stdout == expected)
    #expect(try generate("-n", "20", "--seed", "1", "-f", "prompt-crlf.txt").stdout == expected)
    #expect(try generate("-", "-n", "20", "--seed", "1", stdin: "the king\n").stdout == expected)
    #expect(try generate("-n", "20", "--seed", "1", "--prompt=the king").stdout == expected)
  }

  @Test func `an empty prompt is equal to no prompt`() throws {
    let expected = try generate("-n", "20", "--seed", "1").stdout
    #expect(try generate("-n", "20", "--seed", "1", "--prompt", "").stdout == expected)
    #expect(try generate("-", "-n", "20", "--seed", "1", stdin: "").stdout == expected)
  }

  @Test func `a prompt may begin with a dash`() throws {
    let folder = try Runs.trained(text: Texts.english + "- said --the-king_x: -5\n")
    for prompt in ["- said", "--the-king_x", "-5"] {
      let result = try GeulProcess.run(
        ["generate", "run", "-n", "3", "--seed", "1", "--prompt", prompt], in: folder)
      #expect(result.stdout.hasPrefix(prompt), "\(result.stderr)")
    }
  }

  @Test func `a prompt may be longer than the length and the sequences of training`() throws {
    let prompt = String(Texts.english.prefix(1000))
    let result = try generate("-n", "2", "--seed", "1", "--prompt", prompt)
    #expect(result.status == 0 && result.stdout.hasPrefix(prompt))
    #expect(result.stdout.count == 1003)
  }

  @Test func `unknown characters of a prompt are named`() throws {
    let result = try generate("-n", "10", "--seed", "1", "--prompt", "the 한 king")
    #expect(result.status == 0)
    #expect(result.stdout.hasPrefix("the  king"))
    #expect(
      result.notes == [
        "prompt: character 5, 한 U+D55C HANGUL SYLLABLE HAN, is not in the model's vocabulary: skipped."
      ])
  }

  @Test func `an unknown character is replaced by an equivalent form in the vocabulary`() throws {
    let result = try generate("-n", "10", "--seed", "1", "--prompt", "KＩNG")
    #expect(result.stdout.hasPrefix("king"))
    #expect(result.stderr.contains("character 2, Ｉ U+FF29"))
    #expect(result.stderr.contains("replaced with \"i\""))
  }

  @Test func `a prompt of only unknown characters is equal to no prompt`() throws {
    let result = try generate("-n", "20", "--seed", "1", "--prompt", "한글")
    #expect(result.status == 0 && result.notes.count == 3)
    #expect(result.notes.last?.contains("generating without a prompt") == true)
    #expect(result.stdout == (try generate("-n", "20", "--seed", "1").stdout))
  }

  @Test func `notes on many unknown characters are limited`() throws {
    let result = try generate("-n", "5", "--seed", "1", "--prompt", Texts.korean)
    #expect(result.status == 0 && result.notes.count == 6)
    #expect(try #require(result.notes.last).contains("more characters"))
  }

  @Test func `--strict refuses unknown characters`() throws {
    try generate("-n", "5", "--strict", "--prompt", "the 한 king").expectRefusal(
      1, naming: "character 5", "U+D55C", "--strict")
    #expect(try generate("-n", "5", "--strict", "--seed", "1", "--prompt", "king").status == 0)
  }

  @Test func `standard output contains only the text`() throws {
    let result = try generate("-n", "5", "--prompt", "king")
    #expect(result.stdout.count == 4 + 5 + 1 && result.stdout.hasPrefix("king"))
    #expect(!result.stderr.isEmpty)
    #expect(try generate("-n", "5", "--prompt", "한", "--quiet").stderr.isEmpty)
  }

  @Test func `a closed pipe ends generation without an error`() throws {
    let result = try GeulProcess.shell(
      #""$geul" generate run -n 100000000 --seed 1 | head -c 10; exit ${PIPESTATUS[0]}"#,
      in: folder)
    #expect(result.status == 0 && result.stderr.isEmpty)
    #expect(result.output.count == 10)
  }

  @Test func `an interrupt ends generation at once`() throws {
    let process = try GeulProcess(
      ["generate", "run", "-n", "100000000", "--quiet"], in: folder)
    try process.send(SIGINT) { !$0.output.isEmpty }
    #expect(process.wait(limit: 10).status == 130)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func `an output that cannot be written is an error`() throws {
    for flags in ["", "--json", "--num-samples 2"] {
      let result = try GeulProcess.shell(
        #""$geul" generate run -n 9 --seed 1 \#(flags) > /dev/full"#, in: folder)
      result.expectRefusal(1, naming: "standard output: could not be written", "space")
    }
  }

  @Test func `the model may be a run directory or a file in it`() throws {
    let best = try generate("-n", "20", "--seed", "1", model: "run/best.safetensors").stdout
    #expect(try generate("-n", "20", "--seed", "1", model: "run").stdout == best)
    #expect(try generate("-n", "20", "--seed", "1", model: "run/").stdout == best)
    // In this run, the last step was the best.
    #expect(
      try generate("-n", "20", "--seed", "1", model: "run/latest.safetensors").stdout == best)
  }

  @Test
  func `jamo are written as whole syllables, also after an incomplete syllable in the prompt`()
    throws
  {
    let folder = try Runs.korean.get()
    for seed in 1...20 {
      let text = try GeulProcess.run(
        ["generate", "run", "-n", "\(seed)", "--seed", "\(seed)", "--prompt", "옛나"], in: folder
      ).stdout
      let composed = text.precomposedStringWithCanonicalMapping
      #expect(Array(text.utf8) == Array(composed.utf8))
      #expect(Array(text.utf8).starts(with: "옛".utf8))
    }
    // Incomplete syllables are held back: no text ends with a lead that has a vowel in a longer text.
    func jamo(_ length: Int) throws -> [UInt32] {
      let options = ["-n", "\(length)", "--seed", "1", "--prompt", "옛나"]
      let text = try GeulProcess.run(["generate", "run"] + options, in: folder).stdout.dropLast()
      return text.decomposedStringWithCanonicalMapping.unicodeScalars.map(\.value)
    }
    let longest = try jamo(40)
    for length in 20..<40 {
      let shorter = try jamo(length)
      #expect(longest.starts(with: shorter), "\(length)")
      let (last, next) = (shorter[shorter.count - 1], longest[shorter.count])
      #expect(!(0x1100...0x1112).contains(last) || !(0x1161...0x1175).contains(next), "\(length)")
    }
    let none = try GeulProcess.run(
      ["generate", "run", "-n", "0", "--seed", "1", "--prompt", "옛나"], in: folder)
    #expect(none.stdout == "옛나\n")
    let greedy = try GeulProcess.run(
      ["generate", "run", "-n", "40", "--temperature", "0", "--prompt", "한"], in: folder)
    #expect(greedy.status == 0 && !greedy.stdout.isEmpty)
  }

  @Test func `byte models write valid UTF-8 at any length`() throws {
    let folder = try Runs.trained(["--unit", "byte"], text: Texts.korean)
    for seed in 1...6 {
      // A high temperature produces byte sequences that no text contains.
      let result = try GeulProcess.run(
        [
          "generate", "run", "-n", "\(40 + seed)", "--temperature", "3", "--seed", "\(seed)",
          "--prompt", "옛날",
        ], in: folder)
      #expect(result.status == 0 && result.stdout.hasPrefix("옛날"))
    }
    // Incomplete characters are held back: each text is a prefix of a longer one.
    func bytes(_ length: Int) throws -> [UInt8] {
      let options = ["-n", "\(length)", "--temperature", "3", "--seed", "1", "--prompt", "옛날"]
      return try Array(
        GeulProcess.run(["generate", "run"] + options, in: folder).stdout.utf8.dropLast())
    }
    let longest = try bytes(60)
    let shorter = try (30..<60).map(bytes)
    #expect(shorter.allSatisfy { longest.starts(with: $0) })
    #expect(Set(shorter).count < shorter.count, "some lengths end within a character")
  }
}

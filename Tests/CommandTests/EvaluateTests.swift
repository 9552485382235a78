import Foundation
import Testing
import TestSupport

/// `geul evaluate`, `geul inspect` and `geul tokenize`.
struct EvaluateTests {
  private let folder: Folder
  init() throws { folder = try Runs.english.get() }

  @Test func `the score is printed as text and as JSON`() throws {
    let plain = try GeulProcess.run(["evaluate", "run", "text.txt"], in: folder)
    #expect(plain.status == 0 && plain.notes.count == 1, "only the note on the training text")
    for words in ["nats/char", "bits/char", "bits/byte", "perplexity", "tokens scored"] {
      #expect(plain.stdout.contains(words))
    }
    let json = try GeulProcess.run(["evaluate", "run", "text.txt", "--json"], in: folder).json()
    let nats = try #require(json["nats"] as? Double)
    #expect(abs(try #require(json["bits"] as? Double) - nats / 0.6931471805599453) < 1e-9)
    #expect(json["units"] as? Int == Texts.english.count - 1)
    #expect(json["unknown_units"] as? Int == 0)
  }

  @Test func `scoring the training text is pointed out`() throws {
    func notes(_ arguments: [String], in folder: Folder) throws -> [String] {
      let result = try GeulProcess.run(["evaluate", "run"] + arguments, in: folder)
      #expect(result.status == 0, "\(result.stderr)")
      return result.notes
    }
    for arguments in [["text.txt"], ["text.txt", "--fraction", "0.11"], ["text.txt", "--json"]] {
      #expect(
        try notes(arguments, in: folder) == [
          "Note: this is the training text; only its last 10 % was held out. To score that part, use"
            + " --fraction 0.1."
        ])
    }
    #expect(try notes(["text.txt", "--fraction", "0.1"], in: folder).isEmpty)
    try folder.write(Texts.english + "the king", to: "changed.txt")
    #expect(try notes(["changed.txt"], in: folder).isEmpty)
    let unvalidated = try Runs.trained(["--validation", "0"])
    #expect(
      try notes(["text.txt", "--fraction", "0.1"], in: unvalidated) == [
        "Note: this is the training text, and no part of it was held out. Other text has a higher loss."
      ])
  }

  @Test(arguments: ["bfloat16", "int8"])
  func `bfloat16 and int8 change the loss by less than 0.005 nats`(precision: String) throws {
    func nats(_ precision: String) throws -> Double {
      let result = try GeulProcess.run(
        ["evaluate", "run", "text.txt", "--precision", precision, "--json"], in: folder)
      return try #require(try result.json()["nats"] as? Double)
    }
    #expect(abs(try nats(precision) - nats("float32")) < 0.005)
  }

  @Test func `--baseline scores a Kneser-Ney model of the rest of the text`() throws {
    let arguments = ["evaluate", "run", "text.txt", "--fraction", "0.1", "--baseline"]
    let plain = try GeulProcess.run(arguments, in: folder).stdout
    #expect(plain.contains("-gram; the model is "), "\(plain)")
    let json = try GeulProcess.run(arguments + ["--json"], in: folder).json()
    let baseline = try #require(json["baseline"] as? [String: Any])
    let nats = try #require(baseline["nats"] as? Double)
    #expect(nats > 0.5 && nats < 2 && 2...8 ~= (baseline["order"] as? Int ?? 0))
    try GeulProcess.run(["evaluate", "run", "text.txt", "--baseline"], in: folder)
      .expectRefusal(2, naming: "--baseline", "--fraction")
  }

  @Test func `dynamic evaluation lowers the loss and does not depend on threads`() throws {
    let arguments = ["evaluate", "run", "text.txt", "--json"]
    func nats(_ flags: [String]) throws -> Double {
      try #require(
        try GeulProcess.run(arguments + flags, in: folder).json()["nats"] as? Double)
    }
    let (fixed, adapted) = (try nats([]), try nats(["--dynamic", "--dynamic-rate", "0.003"]))
    #expect(adapted < fixed - 0.1)
    #expect(try nats(["--dynamic", "--dynamic-rate", "0.003", "--threads", "1"]) == adapted)
    try GeulProcess.run(
      ["evaluate", "run", "text.txt", "--dynamic", "--precision", "int8"], in: folder
    )
    .expectRefusal(2, naming: "--dynamic", "--precision")
  }

  @Test func `unknown tokens are counted and not scored`() throws {
    try folder.write("the king 한글 said\n", to: "mixed.txt")
    try folder.write("the king  said\n", to: "known.txt")
    let mixed = try GeulProcess.run(["evaluate", "run", "mixed.txt", "--json"], in: folder)
    let known = try GeulProcess.run(["evaluate", "run", "known.txt", "--json"], in: folder)
    #expect(try mixed.json()["unknown_units"] as? Int == 2)
    #expect(try mixed.json()["nats"] as? Double == known.json()["nats"] as? Double)
    #expect(mixed.stderr.contains("2 tokens are not in the model's vocabulary and not scored"))
  }

  @Test func `a text outside the vocabulary is refused`() throws {
    try folder.write("한글", to: "unknown.txt")
    let result = try GeulProcess.run(["evaluate", "run", "unknown.txt"], in: folder)
    #expect(result.status == 1 && result.output.isEmpty)
    #expect(try #require(result.notes.last).hasPrefix("geul: unknown.txt: fewer than two tokens"))
  }

  @Test func `a missing text or model is named`() throws {
    try GeulProcess.run(["evaluate", "run", "nothing.txt"], in: folder)
      .expectRefusal(1, naming: "nothing.txt", "no such file")
    try GeulProcess.run(["evaluate", "rum", "text.txt"], in: folder)
      .expectRefusal(1, naming: "rum", "no such model", "run")
  }

  @Test func `inspect describes the model as text and as JSON`() throws {
    let plain = try GeulProcess.run(["inspect", "run"], in: folder).stdout
    for words in [
      "lstm, 1 layer of 16 hidden units", "grapheme, nfc", "20 steps", "decoder.weight",
    ] {
      #expect(plain.contains(words), "\(plain)")
    }
    let json = try GeulProcess.run(["inspect", "run", "--json"], in: folder).json()
    let vocabulary = try #require(json["vocabulary"] as? [String])
    #expect(Set(vocabulary) == Set(Texts.english.map(String.init)))
    #expect(json["cell"] as? String == "lstm" && json["hidden"] as? Int == 16)
    let tensors = try #require(json["tensors"] as? [[String: Any]])
    #expect(tensors.first?["name"] as? String == "lstm.weight_ih_l0")
    #expect(tensors.first?["shape"] as? [Int] == [64, vocabulary.count])
    let training = try #require(json["training"] as? [String: Any])
    #expect(training["step"] as? Int == 20)
  }

  @Test func `tokenize counts the tokens of each token unit`() throws {
    try folder.write("한글 a\r\n한", to: "small.txt")
    let json = try GeulProcess.run(["tokenize", "small.txt", "--json"], in: folder).json()
    let rows = try #require(json["units"] as? [[String: Any]])
    let counts = rows.compactMap { row in
      (row["unit"] as? String).map { ($0, row["count"] as? Int) }
    }
    #expect(
      Dictionary(uniqueKeysWithValues: counts) == [
        "grapheme": 6, "codepoint": 7, "jamo": 12, "byte": 13,
      ])
    let plain = try GeulProcess.run(["tokenize", "small.txt"], in: folder).stdout
    for words in ["grapheme", "jamo", "CRLF 1", "Hangul"] {
      #expect(plain.contains(words), "\(plain)")
    }
  }
}

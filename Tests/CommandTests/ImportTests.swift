import Foundation
import TestSupport
import Testing

/// `geul import`; GeulExchangeTests compare the logits with PyTorch's.
struct ImportTests {
  private let folder: Folder
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../GeulExchangeTests/Fixtures")

  init() throws {
    folder = try Folder()
    for name in ["lstm-embedding", "lstm-stacked", "rnn-relu"] {
      let bytes = try Data(contentsOf: Self.fixtures.appending(path: "\(name).safetensors"))
      try folder.write(bytes, to: "\(name).safetensors")
    }
    try folder.write(#"["a","b","c","d","e","f","g"," ","가"]"#, to: "v.json")
  }

  private func importing(_ arguments: String...) throws -> GeulProcess.Result {
    try GeulProcess.run(["import"] + arguments, in: folder)
  }

  @Test func `an imported model generates text`() throws {
    let result = try importing(
      "lstm-embedding.safetensors", "--vocab", "v.json", "--out", "m.safetensors")
    #expect(result.status == 0 && result.output.isEmpty, "\(result.stderr)")
    #expect(
      result.notes == [
        "LSTM rnn: 2 x 6 units, embedding encoder.weight [3 values], output projection decoder.weight.",
        "Wrote m.safetensors",
      ])
    let text = try GeulProcess.run(
      ["generate", "m.safetensors", "--prompt", "가 bad", "--length", "20", "--seed", "1"],
      in: folder)
    #expect(text.status == 0 && text.stdout.hasPrefix("가 bad"), "\(text.stderr)")
    let facts = try GeulProcess.run(["inspect", "m.safetensors"], in: folder)
    #expect(facts.status == 0 && facts.stderr.isEmpty, "\(facts.stderr)")
    // The model is a state dict with its vocabulary.
    let again = try importing(
      "m.safetensors", "--vocabulary", "m.safetensors", "-o", "again.safetensors")
    #expect(again.status == 0, "\(again.stderr)")
    #expect(folder.data("again.safetensors") == folder.data("m.safetensors"))
  }

  @Test func `an existing file is kept without --force`() throws {
    try folder.write("old", to: "m")
    let arguments = [
      "import", "lstm-embedding.safetensors", "--vocabulary", "v.json", "--out", "m",
    ]
    try GeulProcess.run(arguments, in: folder).expectRefusal(
      1, naming: "m already exists", "--force")
    #expect(folder.text("m") == "old")
    #expect(try GeulProcess.run(arguments + ["--force"], in: folder).status == 0)
    #expect(folder.text("m") != "old")
  }

  @Test func `options name the parts and the activation`() throws {
    try importing("lstm-stacked.safetensors", "--vocabulary", "v.json", "--out", "m")
      .expectRefusal(1, naming: "\"lstm1\", \"lstm2\"", "--prefix")
    let stacked = try importing(
      "lstm-stacked.safetensors", "--vocabulary", "v.json", "--out", "m", "--prefix", "lstm1",
      "--prefix", "lstm2", "--embedding", "char_embedding", "--projection", "fc")
    #expect(stacked.status == 0, "\(stacked.stderr)")
    let relu = try importing(
      "rnn-relu.safetensors", "--vocabulary", "v.json", "--out", "relu", "--nonlinearity", "relu")
    #expect(relu.status == 0, "\(relu.stderr)")
    try importing(
      "lstm-embedding.safetensors", "--vocabulary", "v.json", "--out", "x", "--activation", "relu"
    ).expectRefusal(1, naming: "--activation relu is for an RNN")
  }

  @Test(arguments: [
    (#"["a"]"#, [], "for a vocabulary of 9 tokens, but the vocabulary has 1"),
    ("no JSON", [], "w.json: it is not a vocabulary in JSON"),
    (#"["a","b","c","d","e","f","g"," ","<unk>"]"#, [], "--unknown"),
    (#"["a","b","c","d","e","f","g"," ","가"]"#, ["--unknown", "?"], "the unknown token \"?\""),
    (#"["a","b","c","d","e","f","g"," ","가"]"#, ["--unit", "byte"], "Choose another --unit"),
  ])
  func `a vocabulary of another model is refused`(
    json: String, options: [String], words: String
  ) throws {
    try folder.write(json, to: "w.json")
    let arguments = ["import", "lstm-embedding.safetensors", "--vocabulary", "w.json", "-o", "m"]
    try GeulProcess.run(arguments + options, in: folder).expectRefusal(1, naming: words)
    #expect(!folder.names(in: ".").contains("m"))
  }

  @Test func `unknown characters have a token of their own`() throws {
    try folder.write(#"{"<unk>":0,"b":1,"c":2,"d":3,"e":4,"f":5,"g":6," ":7,"a":8}"#, to: "w.json")
    let result = try importing(
      "lstm-embedding.safetensors", "--vocabulary", "w.json", "-o", "m", "--unknown", "<unk>")
    #expect(result.status == 0, "\(result.stderr)")
    let text = try GeulProcess.run(
      ["generate", "m", "--prompt", "bad", "--length", "50", "--seed", "1"], in: folder)
    #expect(text.status == 0 && !text.stdout.contains("unk"), "\(text.stderr)")
  }

  @Test(arguments: [
    (["import", "lstm-embedding.safetensors", "--out", "m"], 2, "--vocabulary"),
    (["import", "lstm-embedding.safetensors", "--vocabulary", "v.json"], 2, "--out"),
    (["import", "absent", "--vocabulary", "v.json", "--out", "m"], 1, "absent: no such file"),
    (
      ["import", "rnn-relu.safetensors", "--vocabulary", "absent", "--out", "m"], 1,
      "absent: no such file"
    ), (["import", "v.json", "--vocabulary", "v.json", "--out", "m"], 1, "v.json"),
    (["import", "zip", "--vocabulary", "v.json", "--out", "m"], 1, "safetensors.torch.save_file"),
    (["import", "rnn-relu.safetensors", "--vocabulary", "v.json", "--out", "-"], 1, "Give a file"),
    (
      ["import", "rnn-relu.safetensors", "--vocabulary", "v.json", "--out", "none/m"], 1,
      "none/m: cannot be written"
    ),
    (
      ["import", "rnn-relu.safetensors", "--vocabulary", "rnn-relu.safetensors", "--out", "m"], 1,
      "not a model of Geul"
    ),
  ])
  func `a wrong command line writes nothing`(
    arguments: [String], code: Int32, words: String
  ) throws {
    try folder.write("PK\u{3}\u{4}0000000000000000", to: "zip")
    try GeulProcess.run(arguments, in: folder).expectRefusal(code, naming: words)
    #expect(!folder.names(in: ".").contains("m"))
  }
}

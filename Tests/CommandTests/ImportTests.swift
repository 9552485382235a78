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

  @Test func `a model of a list keeps its list`() throws {
    let model = try #require(ListTests.memorized.get().data("run/best.safetensors"))
    try folder.write(model, to: "run/best.safetensors")
    let names = ListTests.names.count
    func imported(
      _ file: String, _ vocabulary: String, _ options: String...
    ) throws -> GeulProcess.Result {
      try GeulProcess.run(
        ["import", file, "--vocabulary", vocabulary, "--out", "copy.safetensors", "--force"]
          + options, in: folder)
    }
    // PyTorch saves the tensors without the metadata.
    try folder.write(Self.withoutMetadata(model), to: "tensors.safetensors")
    let tokens = try Self.vocabulary(of: model)
    try folder.write(tokens, to: "tokens.json")
    let options = ["--unit", "grapheme", "--normalize", "nfc"]
    for (file, vocabulary) in [
      ("tensors.safetensors", "run"), ("run/best.safetensors", "run"),
    ] {
      let result = try imported(file, vocabulary)
      #expect(result.status == 0, "\(result.stderr)")
      #expect(result.notes.contains("Kept the list of \(vocabulary): \(names) items."))
      let new = try GeulProcess.run(
        ["generate", "copy.safetensors", "--lines", "9", "--new-only", "--seed", "3", "-t", "1.2"],
        in: folder)
      let lines = new.stdout.split(separator: "\n").map(String.init)
      #expect(lines.count == 9 && Set(lines).isDisjoint(with: ListTests.names), "\(new.stderr)")
    }
    let own = try GeulProcess.run(
      ["import", "run/best.safetensors", "--vocabulary", "tokens.json", "--out", "own"] + options,
      in: folder)
    #expect(own.notes.contains("Kept the list of run/best.safetensors: \(names) items."))
    let lost = try GeulProcess.run(
      ["import", "tensors.safetensors", "--vocabulary", "tokens.json", "--out", "lost"] + options,
      in: folder)
    #expect(lost.status == 0)
    #expect(lost.notes.contains { $0.hasPrefix("Note: the list of the model is left out") })
  }

  @Test func `a model of labels keeps its labels`() throws {
    let labeled = try LabelTests.files.get()
    let model = try #require(labeled.data("run/best.safetensors"))
    try folder.write(model, to: "run/best.safetensors")
    try folder.write(try #require(labeled.data("austen.txt")), to: "austen.txt")
    try folder.write(Self.withoutMetadata(model), to: "tensors.safetensors")
    try folder.write(Self.vocabulary(of: model), to: "tokens.json")
    func imported(_ vocabulary: String, _ options: [String] = []) throws -> GeulProcess.Result {
      try GeulProcess.run(
        ["import", "tensors.safetensors", "--vocabulary", vocabulary, "--out", "copy", "--force"]
          + options, in: folder)
    }
    func nats(_ model: String) throws -> Double? {
      try GeulProcess.run(["evaluate", model, "austen.txt", "--json"], in: folder).json()["nats"]
        as? Double
    }
    #expect(try imported("run").notes.contains("Kept the labels of run: austen, dickens."))
    #expect(try nats("copy") == nats("run"))
    let lost = try imported("tokens.json", ["--unit", "grapheme", "--normalize", "nfc"])
    #expect(
      lost.notes.contains {
        $0.hasPrefix("Note: which text has which of the labels austen, dickens is unknown.")
      }, "\(lost.stderr)")
    let note = "Note: the text is scored without a label. --label states one: austen, dickens."
    let plain = try GeulProcess.run(["evaluate", "copy", "austen.txt"], in: folder)
    #expect(plain.status == 0 && plain.notes.contains(note), "\(plain.stderr)")
    let stated = try GeulProcess.run(
      ["evaluate", "copy", "austen.txt", "--label", "austen"], in: folder)
    #expect(stated.status == 0 && stated.stderr.isEmpty, "\(stated.stderr)")
  }

  /// Returns a safetensors file without its metadata.
  private static func withoutMetadata(_ file: Data) throws -> Data {
    let count = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    var header = try header(of: file)
    header["__metadata__"] = nil
    let json = try JSONSerialization.data(withJSONObject: header, options: [.sortedKeys])
    let size = Data((0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) })
    return size + json + file.dropFirst(8 + count)
  }

  private static func header(of file: Data) throws -> [String: Any] {
    let count = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let json = file.dropFirst(8).prefix(count)
    return try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
  }

  /// Returns the vocabulary of a model as JSON.
  private static func vocabulary(of file: Data) throws -> Data {
    let metadata = try #require(try header(of: file)["__metadata__"] as? [String: Any])
    let text = try #require(metadata["geul"] as? String)
    let about = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    return try JSONSerialization.data(
      withJSONObject: #require(about?["vocabulary"] as? [String]))
  }

  @Test func `a file of another format is named`() throws {
    let run = try Runs.english.get()
    let exported = try GeulProcess.run(
      ["export", "run", "--npz", folder.file("m.npz"), "--onnx", folder.file("m.onnx")], in: run)
    #expect(exported.status == 0)
    let npz = try #require(folder.data("m.npz"))
    let torch = npz.prefix(26) + Data([16, 0, 0, 0])
    let files: [(name: String, bytes: Data, words: String)] = [
      ("m.npz", npz, "m.npz is an archive of NumPy (.npz)."),
      ("cut.npz", npz.prefix(2000), "cut.npz is an archive of NumPy (.npz)."),
      ("m.onnx", try #require(folder.data("m.onnx")), "m.onnx is a model of ONNX"),
      ("a.npy", Data([0x93] + Array("NUMPY\u{1}\0v\0{}".utf8)), "a.npy is one array of NumPy"),
      ("old.pt", Data([0x80, 2, 0x8A, 0x0A]), "old.pt is a file of torch.save"),
      ("new.pt", torch + Data("archive/data.pkl".utf8), "new.pt is a file of torch.save"),
      ("x.zip", Data("PK\u{5}\u{6}".utf8), "x.zip is a zip archive, neither of torch.save"),
      ("m.gguf", Data("GGUF\u{3}\0\0\0".utf8), "m.gguf is a model of llama.cpp"),
      ("m.h5", Data([0x89] + Array("HDF\r\n\u{1A}\n".utf8)), "m.h5 is an HDF5 file"),
    ]
    for (name, bytes, words) in files {
      try folder.write(bytes, to: name)
      try importing(name, "--vocabulary", "v.json", "--out", "m").expectRefusal(1, naming: words)
    }
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

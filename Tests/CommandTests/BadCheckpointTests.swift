import Foundation
import GeulModel
import GeulStorage
import Testing
import TestSupport

/// Model files and checkpoints that are damaged, or are something else.
struct BadCheckpointTests {
  private let folder: Folder
  init() throws { folder = try Runs.trained(["--save-every", "7"]) }

  /// Replaces a model and the run's checkpoints by `bytes` and expects every command to refuse them.
  private func expectRefused(_ bytes: some Collection<UInt8>, naming words: String) throws {
    try folder.write(bytes, to: "bad.safetensors")
    for command in [
      ["generate", "bad.safetensors", "--seed", "1"], ["inspect", "bad.safetensors"],
      ["evaluate", "bad.safetensors", "text.txt"],
      ["page", "run", "bad.safetensors", "--out", "bad.html"],
    ] {
      try GeulProcess.run(command, in: folder)
        .expectRefusal(1, naming: "bad.safetensors", words)
    }
    #expect(!folder.exists("bad.html"))
    for name in ["latest", "latest.previous"] {
      try folder.write(bytes, to: "run/\(name).safetensors")
    }
    let before = folder.contents(of: "run")
    try GeulProcess.run(["resume", "run"], in: folder)
      .expectRefusal(1, naming: "run/latest.safetensors", words)
    #expect(folder.contents(of: "run") == before)
  }

  private var checkpoint: Data {
    get throws { try #require(folder.data("run/latest.safetensors")) }
  }

  @Test(arguments: [0, 5, 200, -1, -1000])
  func `a truncated file is refused`(length: Int) throws {
    let whole = try checkpoint
    let count = length < 0 ? whole.count + length : length
    try expectRefused(
      whole.prefix(count), naming: length < 8 && length >= 0 ? "too few" : "is truncated")
  }

  @Test func `a file with trailing bytes is refused`() throws {
    try expectRefused(checkpoint + [0], naming: "after the last tensor")
  }

  @Test(arguments: [0.3, 0.6, 0.999])
  func `a flipped bit is found by the checksum`(position: Double) throws {
    var bytes = try checkpoint
    bytes[Int(Double(bytes.count) * position)] ^= 4
    try expectRefused(bytes, naming: "checksum")
  }

  @Test func `a text file is refused`() throws {
    try expectRefused(Texts.english.utf8, naming: "is not a safetensors file")
  }

  @Test func `a checkpoint of a later version is refused`() throws {
    try expectRefused(rewritten("\"format\":1", to: "\"format\":9"), naming: "version 9")
  }

  @Test(arguments: [
    ("\"format\":1", "\"format\"1"), ("\"hidden\"", "\"hiddem\""), ("\"lstm\"", "\"mlst\""),
    ("\"grapheme\"", "\"word\""), ("\"layers\":1", "\"layers\":\"1\""),
    ("\"step\":20", "\"step\":2e99"),
  ])
  func `invalid metadata is refused`(words: String, others: String) throws {
    try expectRefused(rewritten(words, to: others), naming: "cannot be decoded")
  }

  @Test(arguments: [
    ("\"hidden\":16", "\"hidden\":17", "shape"), ("\"hidden\":16", "\"hidden\":16777216", "65536"),
    ("\"hidden\":16", "\"hidden\":-1", "65536"), ("\"layers\":1", "\"layers\":2", "l1"),
    ("\"lstm\"", "\"gru\"", "gru"), ("[\"e\",", "[\"e\",\"한\",", "shape"),
  ])
  func `metadata that do not match the tensors are refused`(
    words: String, others: String, naming: String
  ) throws {
    let first = try #require(
      SafetensorsFile(contentsOf: folder.file("run/latest.safetensors")).metadata["geul"])
    let unit = first.components(separatedBy: "\"vocabulary\":[\"").last?.prefix(1) ?? ""
    try expectRefused(
      rewritten(
        words.replacing("\"e\"", with: "\"\(unit)\""),
        to: others.replacing("\"e\"", with: "\"\(unit)\"")),
      naming: naming)
  }

  @Test func `a tensor with a wrong shape is refused`() throws {
    let bytes = try rewritten { file in
      let index = try #require(file.tensors.firstIndex { $0.name == "decoder.bias" })
      file.tensors[index] = .init("decoder.bias", shape: [3], floats: [1, 2, 3])
    }
    try expectRefused(bytes, naming: "tensor \"decoder.bias\" has shape [3]")
  }

  @Test func `a missing tensor is named`() throws {
    let bytes = try rewritten { $0.tensors.removeAll { $0.name == "lstm.weight_hh_l0" } }
    try expectRefused(bytes, naming: "lstm.weight_hh_l0")
  }

  @Test func `a tensor with a value that is not finite is refused`() throws {
    let bytes = try rewritten { try fill("decoder.bias", of: &$0, with: .nan) }
    try expectRefused(bytes, naming: "non-finite values")
  }

  @Test func `a safetensors file of another program is refused`() throws {
    let file = SafetensorsFile(tensors: [.init("weight", shape: [1], floats: [1])])
    try expectRefused(file.serialized(), naming: "is not a model of Geul")
  }

  @Test func `a model without a run cannot be resumed`() throws {
    for name in ["latest", "latest.previous"] {
      folder.remove("run/\(name).safetensors")
      try folder.copy("run/best.safetensors", to: "run/\(name).safetensors")
    }
    try GeulProcess.run(["resume", "run"], in: folder)
      .expectRefusal(1, naming: "run/latest.safetensors", "without the state of a run")
  }

  @Test(arguments: ["offset", "index", "batch", "length", "units", "epoch", "step"])
  func `inconsistent run metadata are refused`(key: String) throws {
    let bytes = try rewritten { file in
      let text = try #require(file.metadata["geul.run"])
      let pattern = try Regex("\"\(key)\":[0-9]+")
      file.metadata["geul.run"] = text.replacing(pattern, with: "\"\(key)\":-7")
    }
    for name in ["latest", "latest.previous"] {
      try folder.write(bytes, to: "run/\(name).safetensors")
    }
    let before = folder.contents(of: "run")
    try GeulProcess.run(["resume", "run", "--steps", "30"], in: folder)
      .expectRefusal(1, naming: "run/latest.safetensors")
    #expect(folder.contents(of: "run") == before)
  }

  @Test func `a run with an infinite loss ends and keeps its last checkpoint`() throws {
    let longer = try GeulProcess.run(["resume", "run", "--steps", "120"], in: folder)
    try #require(longer.status == 0, "\(longer.stderr)")
    // Open gates, and output weights whose sum overflows.
    let bytes = try rewritten { file in
      try fill("lstm.bias_ih_l0", of: &file, with: 20)
      try fill("decoder.weight", of: &file, with: 3e38)
    }
    try folder.write(bytes, to: "run/latest.safetensors")
    let result = try GeulProcess.run(["resume", "run", "--steps", "140"], in: folder)
    #expect(result.status == 1)
    let error = try #require(result.notes.last)
    #expect(error.hasPrefix("geul: run: the loss diverges after step 120"))
    #expect(result.notes.count < 40)
    #expect(folder.data("run/latest.safetensors") == Data(bytes))
  }

  @Test func `a directory without a model is refused`() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("empty"), withIntermediateDirectories: true)
    try GeulProcess.run(["generate", "empty"], in: folder)
      .expectRefusal(1, naming: "empty", "no best.safetensors")
  }

  @Test func `a missing model is answered with the models that exist`() throws {
    try GeulProcess.run(["generate", "rum"], in: folder)
      .expectRefusal(1, naming: "rum: no such model", "run")
    let other = try Folder()
    try GeulProcess.run(["generate", "rum"], in: other)
      .expectRefusal(1, naming: "rum: no such model", "geul train")
  }

  @Test func `the previous best model replaces a damaged one, with a note`() throws {
    try #require(folder.exists("run/best.previous.safetensors"))
    try folder.write("no model", to: "run/best.safetensors")
    let result = try GeulProcess.run(["generate", "run", "-n", "5", "--seed", "1"], in: folder)
    #expect(result.status == 0 && result.stdout.count == 6)
    #expect(try #require(result.notes.first).contains("best.previous.safetensors, is used instead"))
  }

  /// Makes all elements of a tensor equal.
  private func fill(_ name: String, of file: inout SafetensorsFile, with value: Float) throws {
    let index = try #require(file.tensors.firstIndex { $0.name == name })
    let shape = file.tensors[index].shape
    file.tensors[index] = .init(
      name, shape: shape, floats: Array(repeating: value, count: shape.reduce(1, *)))
  }

  /// Returns the checkpoint after a change, with a valid checksum.
  private func rewritten(_ change: (inout SafetensorsFile) throws -> Void) throws -> [UInt8] {
    var file = try SafetensorsFile(contentsOf: folder.file("run/latest.safetensors"))
    try change(&file)
    return try file.serialized()
  }

  /// Returns the checkpoint with a part of its metadata replaced.
  private func rewritten(_ words: String, to others: String) throws -> [UInt8] {
    try rewritten { file in
      let text = try #require(file.metadata["geul"])
      try #require(text.contains(words), "\(text.prefix(1000))")
      file.metadata["geul"] = text.replacing(words, with: others)
    }
  }
}

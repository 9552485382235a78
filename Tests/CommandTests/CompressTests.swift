import Foundation
import Testing
import TestSupport

/// `geul compress` and `geul decompress`.
struct CompressTests {
  private let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let trained = try Runs.english.get()
    try FileManager.default.copyItem(
      atPath: trained.file("run/best.safetensors"), toPath: folder.file("model.safetensors"))
  }

  @Test(arguments: [[], ["--dynamic"], ["--dynamic", "--no-ngrams"]])
  func `a file is restored exactly, and its archive has the size that evaluate predicts`(
    flags: [String]
  ) throws {
    let packed = try GeulProcess.run(
      ["compress", "text.txt", "-m", "model.safetensors"] + flags, in: folder)
    #expect(packed.status == 0 && packed.output.isEmpty)
    let bytes = try #require(folder.data("text.txt.geul")).count
    let bits = try #require(
      try GeulProcess.run(
        ["evaluate", "model.safetensors", "text.txt", "--json"] + flags, in: folder
      ).json()["bits_per_byte"] as? Double)
    let expected = bits * Double(Texts.english.utf8.count) / 8
    #expect(abs(Double(bytes) - expected) < 0.005 * expected + 64, "\(bytes), \(expected)")
    let unpacked = try GeulProcess.run(
      ["decompress", "text.txt.geul", "-m", "model.safetensors", "--out", "again.txt"], in: folder)
    #expect(unpacked.status == 0)
    #expect(folder.data("again.txt") == Data(Texts.english.utf8))
  }

  @Test func `standard input and output work`() throws {
    let packed = try GeulProcess.run(
      ["compress", "-", "-m", "model.safetensors", "-q"], stdin: "the old king said 한글", in: folder)
    #expect(
      packed.status == 0 && packed.stderr.isEmpty && packed.output.starts(with: Data("GEUL".utf8)))
    try packed.output.write(to: URL(filePath: folder.file("packed")))
    let unpacked = try GeulProcess.run(
      ["decompress", "packed", "-m", "model.safetensors", "--out", "-"], in: folder)
    #expect(unpacked.stdout == "the old king said 한글")
  }

  @Test func `an empty file has no rate`() throws {
    try folder.write("", to: "empty")
    let result = try GeulProcess.run(["compress", "empty", "-m", "model.safetensors"], in: folder)
    #expect(result.status == 0 && result.notes == ["0 bytes compressed to 31"], "\(result.stderr)")
    let unpacked = try GeulProcess.run(
      ["decompress", "empty.geul", "-m", "model.safetensors", "--out", "copy"], in: folder)
    #expect(unpacked.status == 0 && folder.text("copy") == "", "\(unpacked.stderr)")
  }

  @Test(arguments: ["compress", "decompress"])
  func `an output that cannot be written is found before the work`(command: String) throws {
    try folder.write("x", to: "locked")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o444], ofItemAtPath: folder.file("locked"))
    // The model is not even read.
    for (path, words) in [
      ("none/x", "none/x: cannot be written: No such file"), ("locked", "locked already exists"),
      ("/proc/x", "/proc/x: cannot be written"), (".", ". is a directory"),
    ] {
      try GeulProcess.run([command, "text.txt", "-m", "absent", "--out", path], in: folder)
        .expectRefusal(1, naming: words, "--out")
    }
  }

  @Test func `no file is overwritten, and other files than archives are refused`() throws {
    try folder.write("x", to: "text.txt.geul")
    try GeulProcess.run(["compress", "text.txt", "-m", "model.safetensors"], in: folder)
      .expectRefusal(1, naming: "text.txt.geul already exists", "--out")
    try GeulProcess.run(
      ["decompress", "text.txt", "-m", "model.safetensors", "--out", "out"], in: folder
    ).expectRefusal(1, naming: "text.txt", "geul compress")
    try GeulProcess.run(["compress", "nothing", "-m", "model.safetensors"], in: folder)
      .expectRefusal(1, naming: "nothing", "path")
    try GeulProcess.run(["compress", "text.txt", "-m", "nothing", "--out", "out"], in: folder)
      .expectRefusal(1, naming: "no such model")
    #expect(!folder.names(in: ".").contains("out"))
  }

  @Test func `a damaged archive is refused and leaves no file`() throws {
    _ = try GeulProcess.run(["compress", "text.txt", "-m", "model.safetensors"], in: folder)
    var bytes = try #require(folder.data("text.txt.geul"))
    bytes[bytes.count / 2] ^= 4
    try bytes.write(to: URL(filePath: folder.file("text.txt.geul")))
    try GeulProcess.run(
      ["decompress", "text.txt.geul", "-m", "model.safetensors", "--out", "out"], in: folder
    ).expectRefusal(1, naming: "text.txt.geul", "damaged")
    #expect(!folder.names(in: ".").contains("out"))
  }
}

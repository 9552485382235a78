import Foundation
import Testing
import TestSupport

/// Results that version 0.1.0 produced: later versions compute the same bytes, except with Muon, whose results are those of
/// version 0.2.0, which renews preconditioners every second step.
///
/// `Fixtures/version-0.1/results.json` holds command lines and 64-bit FNV-1a hashes of the output of version 0.1.0. The
/// folders `lstm`, `gru` and `rnn` next to it are runs of version 0.1.0 that were stopped by SIGTERM.
struct RecordedResultsTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures/version-0.1")

  private struct Results: Decodable {
    let train: [Training]
    let resume: [Resumption]
    let generate: [Generation]
    let evaluate: [Evaluation]
    let compress: [Compression]

    struct Training: Decodable {
      let arguments: String
      let latest: String
      let best: String
    }
    struct Resumption: Decodable {
      let run: String
      let latest: String
      let best: String
    }
    struct Generation: Decodable {
      let arguments: String
      let text: String
    }
    struct Evaluation: Decodable {
      let arguments: String
      let nats: Double
      let bits_per_byte: Double
    }
    struct Compression: Decodable {
      let arguments: String
      let archive: String
    }
  }

  private let results: Results
  private let folder: Folder

  init() throws {
    let data = try Data(contentsOf: Self.fixtures.appending(path: "results.json"))
    results = try JSONDecoder().decode(Results.self, from: data)
    folder = try Folder()
    let root = Self.fixtures.appending(path: "../../../..").standardizedFileURL.path
    for name in ["english.txt", "korean.txt"] {
      try copy(Self.fixtures.appending(path: name).path, to: name)
    }
    for name in ["english.safetensors", "korean.safetensors"] {
      try copy("\(root)/checkpoints/\(name)", to: name)
    }
  }

  private func copy(_ path: String, to name: String) throws {
    try FileManager.default.copyItem(atPath: path, toPath: folder.file(name))
  }

  private func run(_ command: String, _ arguments: String, _ more: [String] = []) throws
    -> GeulProcess.Result
  {
    let result = try GeulProcess.run(
      [command] + arguments.split(separator: " ").map(String.init) + more, in: folder)
    try #require(result.status == 0, "\(command) \(arguments): \(result.stderr)")
    return result
  }

  @Test func `training gives the recorded parameters`() throws {
    for expected in results.train {
      _ = try run("train", expected.arguments, ["--out", "run"])
      #expect(try tensorHash("run/latest.safetensors") == expected.latest, "\(expected.arguments)")
      #expect(try tensorHash("run/best.safetensors") == expected.best, "\(expected.arguments)")
      folder.remove("run")
    }
  }

  @Test func `a run of version 0.1 resumes to the recorded bytes`()
    throws
  {
    for expected in results.resume {
      try copy(Self.fixtures.appending(path: expected.run).path, to: expected.run)
      _ = try run("resume", "\(expected.run) english.txt -q")
      #expect(try tensorHash("\(expected.run)/latest.safetensors") == expected.latest)
      #expect(try tensorHash("\(expected.run)/best.safetensors") == expected.best)
    }
  }

  @Test func `the shipped models write the texts of version 0.1`() throws {
    for expected in results.generate {
      let result = try run("generate", expected.arguments, ["-q"])
      #expect(hash([result.output]) == expected.text, "\(expected.arguments)")
    }
  }

  @Test func `the shipped models score texts as in version 0.1`() throws {
    for expected in results.evaluate {
      // Since version 0.2, --dynamic uses n-grams.
      let result = try run("evaluate", expected.arguments, ["--json", "--no-ngrams"])
      let scores = try JSONDecoder().decode([String: Double?].self, from: numbers(result.output))
      #expect(scores["nats"] == expected.nats, "\(expected.arguments)")
      #expect(scores["bits_per_byte"] == expected.bits_per_byte, "\(expected.arguments)")
    }
  }

  @Test func `archives have the bytes of version 0.1`() throws {
    for expected in results.compress {
      _ = try run("compress", expected.arguments, ["--out", "packed", "-q", "--no-ngrams"])
      let archive = try #require(folder.data("packed"))
      #expect(hash([archive]) == expected.archive, "\(expected.arguments)")
      folder.remove("packed")
    }
  }

  /// The entries of a JSON object that are numbers.
  private func numbers(_ json: Data) throws -> Data {
    let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    return try JSONSerialization.data(
      withJSONObject: object.filter { ["nats", "bits_per_byte"].contains($0.key) })
  }

  /// The hash of all tensors of a safetensors file by name; its metadata may change between versions.
  private func tensorHash(_ name: String) throws -> String {
    let data = try #require(folder.data(name))
    let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = data.dropFirst(8).prefix(length)
    let entries = try #require(
      try JSONSerialization.jsonObject(with: header) as? [String: [String: Any]])
    let parts = try entries.filter { $0.key != "__metadata__" }.sorted { $0.key < $1.key }.flatMap {
      name, entry in
      let offsets = try #require(entry["data_offsets"] as? [Int])
      return [Data(name.utf8), data[8 + length + offsets[0]..<8 + length + offsets[1]]]
    }
    return hash(parts)
  }

  /// The 64-bit FNV-1a hash (Fowler, Noll, Vo) in 16 hexadecimal digits.
  private func hash(_ parts: [Data]) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for part in parts {
      for byte in Array(part) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

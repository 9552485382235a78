import Foundation
import Testing
import TestSupport

/// The help texts, compared with reviewed snapshots.
///
/// `GEUL_RECORD=1 swift test -c release --filter HelpTests` records them.
struct HelpTests {
  static let commands = [
    "", "train", "resume", "generate", "evaluate", "inspect", "tokenize", "bench", "bench train",
    "bench generate", "bench tokenize", "bench peak", "explain", "context", "report", "page",
    "export", "import",
    "compress", "decompress",
  ]

  @Test(arguments: commands)
  func `the help of each command equals its snapshot`(command: String) throws {
    let arguments = command.split(separator: " ").map(String.init)
    let result = try GeulProcess.run(
      arguments + ["--help"], environment: ["COLUMNS": "80"], in: Folder())
    #expect(result.status == 0 && result.stderr.isEmpty)
    let name = (["geul"] + arguments).joined(separator: "-") + ".txt"
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Snapshots/\(name)")
    if ProcessInfo.processInfo.environment["GEUL_RECORD"] == "1" {
      try result.output.write(to: file)
    }
    let snapshot = try? String(contentsOf: file, encoding: .utf8)
    #expect(
      result.stdout == snapshot, "\(name): review the help, then record it with GEUL_RECORD=1")
    #expect(result.stdout.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func `geul without arguments prints its help`() throws {
    let alone = try GeulProcess.run([], in: Folder())
    #expect(alone.status == 0 && alone.stderr.isEmpty)
    #expect(alone.stdout.contains("USAGE: geul <subcommand>"))
  }

  @Test func `--version prints a version number`() throws {
    let result = try GeulProcess.run(["--version"], in: Folder())
    #expect(result.status == 0)
    #expect(result.stdout.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
  }
}

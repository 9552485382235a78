import Foundation
import Testing

/// Help is a product: it is compared with what was read and found good.
///
/// `GEUL_RECORD=1 swift test -c release --filter HelpTests` writes the files anew.
struct HelpTests {
  static let commands = [
    "", "train", "resume", "generate", "evaluate", "inspect", "tokenize", "bench", "bench train",
    "bench generate", "bench tokenize", "bench peak", "explain", "context", "report", "compress",
    "decompress",
  ]

  @Test(arguments: commands)
  func `the help of each command`(command: String) throws {
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
    let good = try? String(contentsOf: file, encoding: .utf8)
    #expect(
      result.stdout == good, "\(name): read it, and record it with GEUL_RECORD=1 if it is good")
    #expect(result.stdout.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func `geul alone shows its help`() throws {
    let alone = try GeulProcess.run([], in: Folder())
    #expect(alone.status == 0 && alone.stderr.isEmpty)
    #expect(alone.stdout.contains("USAGE: geul <subcommand>"))
  }

  @Test func `the version`() throws {
    let result = try GeulProcess.run(["--version"], in: Folder())
    #expect(result.status == 0)
    #expect(result.stdout.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
  }
}

import Foundation
import Testing
import TestSupport

/// The help texts, compared with reviewed snapshots.
///
/// `GEUL_RECORD=1 swift test -c release --filter HelpTests` records them.
struct HelpTests {
  static let commands = [
    "", "train", "resume", "generate", "write", "evaluate", "inspect", "tokenize", "bench",
    "bench train",
    "bench generate", "bench tokenize", "bench peak", "explain", "context", "report", "page",
    "export", "import",
    "compress", "decompress", "novelty",
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
    let lines = result.stdout.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 41 && lines.allSatisfy { $0.count <= 80 }, "one screen of 80 x 40")
  }

  @Test func `geul without arguments says what to do first`() throws {
    let alone = try GeulProcess.run([], in: Folder())
    #expect(alone.status == 0 && alone.stderr.isEmpty)
    #expect(alone.stdout.contains("geul train my.txt "))
    #expect(alone.stdout.contains("geul --help lists all commands"))
  }

  @Test(arguments: ["serve", "sample", "plot", "eval", "Info", "finetune", "edit", "chat"])
  func `a command that other programs have names Geul's`(command: String) throws {
    let result = try GeulProcess.run([command, "model"], in: Folder())
    #expect(result.status == 2)
    #expect(
      result.stderr.contains("There is no command '\(command)'. Use geul"), "\(result.stderr)")
  }

  @Test func `--version prints a version number`() throws {
    let result = try GeulProcess.run(["--version"], in: Folder())
    #expect(result.status == 0)
    #expect(result.stdout.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
  }
}

import Foundation
import Testing
import TestSupport

/// Short versions of `make torture`.
struct TortureTests {
  private static let hasPython =
    FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")
    || (try? GeulProcess.shell("command -v python3", in: Folder()).status) == 0

  @Test(
    .enabled(if: hasPython, "python3 is not installed"),
    arguments: isThorough ? ["crash 6 4", "text 40 3"] : ["crash 2 4", "text 10 3"])
  func `a short torture test passes`(script: String) throws {
    let scripts = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Torture").path
    let result = try GeulProcess.shell(
      "GEUL=\"$geul\" python3 '\(scripts)'/\(script)", in: Folder())
    #expect(result.status == 0, "\(result.stdout) \(result.stderr)")
    let name = String(script.prefix { $0 != " " })
    #expect(result.stdout.hasPrefix("\(name): "), "\(result.stdout)")
  }
}

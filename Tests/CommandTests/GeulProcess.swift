import Foundation
import Testing

/// The `geul` that was built beside these tests, run as a person runs it.
final class GeulProcess {
  /// What a process left when it ended.
  struct Result {
    /// The exit code; 128 and the signal's number if a signal ended it, as shells count.
    let status: Int32
    let output: Data
    let stderr: String
    /// The most memory that it ever held, in bytes, but for its last two milliseconds.
    let peakMemory: Int

    /// Standard output, which must be valid UTF-8.
    var stdout: String {
      guard let text = String(validating: output, as: UTF8.self) else {
        Issue.record("standard output is not valid UTF-8: \(Array(output))")
        return ""
      }
      return text
    }
    /// The lines of standard error.
    var notes: [String] { stderr.split(whereSeparator: \.isNewline).map(String.init) }
  }

  /// The folder of the test bundle's program, whatever the scratch path is.
  static let executable = URL(filePath: CommandLine.arguments[0]).standardizedFileURL
    .deletingLastPathComponent().appending(path: "geul").path

  private let process: ChildProcess
  private let arguments: [String]
  private let folder: Folder
  private let name: String

  /// Starts a program, `geul` if none is named, in a folder.
  ///
  /// With a terminal, all that it reads and writes is there.
  init(
    _ arguments: [String], program: String = executable, stdin: String? = nil,
    environment: [String: String] = [:], terminal: String? = nil, in folder: Folder
  ) throws {
    self.arguments = arguments
    self.folder = folder
    name = UUID().uuidString
    // Files, not pipes: nothing has to be read while the process runs.
    if let stdin { try folder.write(stdin, to: ".\(name).in") }
    process = try ChildProcess(
      [program] + arguments,
      environment: ProcessInfo.processInfo.environment
        .filter { !$0.key.hasPrefix("GEUL_") && $0.key != "COLUMNS" }
        .merging(environment) { $1 },
      folder: folder.path,
      input: terminal ?? (stdin == nil ? "/dev/null" : folder.file(".\(name).in")),
      output: terminal ?? folder.file(".\(name).out"),
      errors: terminal ?? folder.file(".\(name).err"))
  }

  /// What it has written to standard error so far.
  var stderr: String { folder.text(".\(name).err") ?? "" }

  /// Sends a signal as soon as `condition` holds.
  func send(_ number: Int32, when condition: (GeulProcess) -> Bool) throws {
    let end = Date(timeIntervalSinceNow: 30)
    while !condition(self) {
      try #require(process.isRunning, "it ended too early: \(stderr)")
      try #require(Date() < end, "it did not come as far in time: \(stderr)")
      Thread.sleep(forTimeInterval: 0.002)
    }
    process.send(number)
  }

  /// Waits for its end; after `limit` seconds it is killed, and the test has failed.
  func wait(limit: Double = 60) -> Result {
    let end = Date(timeIntervalSinceNow: limit)
    var peak = 0
    while process.isRunning, Date() < end {
      peak = max(peak, process.peakMemory ?? 0)
      Thread.sleep(forTimeInterval: 0.002)
    }
    if process.isRunning {
      Issue.record("not over after \(limit) seconds: \(arguments): \(stderr)")
      process.send(SIGKILL)
      while process.isRunning { Thread.sleep(forTimeInterval: 0.002) }
    }
    let result = Result(
      status: process.status, output: folder.data(".\(name).out") ?? Data(), stderr: stderr,
      peakMemory: peak)
    for ending in ["in", "out", "err"] { folder.remove(".\(name).\(ending)") }
    return result
  }

  /// Runs `geul` to its end.
  static func run(
    _ arguments: [String], stdin: String? = nil, environment: [String: String] = [:],
    in folder: Folder
  ) throws -> Result {
    try GeulProcess(arguments, stdin: stdin, environment: environment, in: folder).wait()
  }

  /// Runs a line of shell, in which `"$geul"` is the program.
  static func shell(
    _ line: String, environment: [String: String] = [:], in folder: Folder
  ) throws -> Result {
    let environment = environment.merging(["geul": executable]) { $1 }
    return try GeulProcess(
      ["-c", line], program: "/bin/bash", environment: environment, in: folder
    ).wait()
  }
}

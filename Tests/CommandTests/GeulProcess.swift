import Foundation
import Testing
import TestSupport

/// A process of the `geul` executable that was built with these tests.
final class GeulProcess {
  /// The result of a process.
  struct Result {
    /// The exit code, or 128 plus the number of the signal that ended the process.
    let status: Int32
    let output: Data
    let stderr: String

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

  /// The path of `geul`, in the folder of the test bundle's executable.
  static let executable = URL(filePath: CommandLine.arguments[0]).standardizedFileURL
    .deletingLastPathComponent().appending(path: "geul").path

  private let process: ChildProcess
  private let arguments: [String]
  private let folder: Folder
  private let name: String

  /// Starts a program in a directory, by default `geul`.
  ///
  /// If `terminal` is the path of a terminal, it is the standard input, output and error.
  init(
    _ arguments: [String], program: String = executable, stdin: String? = nil,
    environment: [String: String] = [:], terminal: String? = nil, in folder: Folder
  ) throws {
    self.arguments = arguments
    self.folder = folder
    name = UUID().uuidString
    // Files, because pipes would have to be read while the process runs.
    if let stdin { try folder.write(stdin, to: ".\(name).in") }
    process = try ChildProcess(
      [program] + arguments,
      environment: ProcessInfo.processInfo.environment
        .filter { !$0.key.hasPrefix("GEUL_") && $0.key != "COLUMNS" && $0.key != "NO_COLOR" }
        .merging(["TERM": "xterm"]) { $1 }
        .merging(environment) { $1 },
      folder: folder.path,
      input: terminal ?? (stdin == nil ? "/dev/null" : folder.file(".\(name).in")),
      output: terminal ?? folder.file(".\(name).out"),
      errors: terminal ?? folder.file(".\(name).err"))
  }

  /// The standard output so far.
  var output: Data { folder.data(".\(name).out") ?? Data() }

  /// The output on standard error so far.
  var stderr: String { folder.text(".\(name).err") ?? "" }

  /// Indicates whether a signal was sent that the process has not received yet.
  func isPending(_ number: Int32) -> Bool { process.isPending(number) }

  /// Sends a signal as soon as `condition` holds.
  func send(_ number: Int32, when condition: (GeulProcess) -> Bool) throws {
    let end = Date(timeIntervalSinceNow: 30)
    while !condition(self) {
      try #require(process.isRunning, "the process ended too early: \(stderr)")
      try #require(Date() < end, "timeout: \(stderr)")
      Thread.sleep(forTimeInterval: 0.002)
    }
    process.send(number)
  }

  /// Waits for the end of the process; after `limit` seconds the process is killed and the test fails.
  func wait(limit: Double = 60) -> Result {
    let end = Date(timeIntervalSinceNow: limit)
    while process.isRunning, Date() < end { Thread.sleep(forTimeInterval: 0.002) }
    if process.isRunning {
      Issue.record("still running after \(limit) seconds: \(arguments): \(stderr)")
      process.send(SIGKILL)
      while process.isRunning { Thread.sleep(forTimeInterval: 0.002) }
    }
    let result = Result(
      status: process.status, output: output, stderr: stderr)
    for ending in ["in", "out", "err"] { folder.remove(".\(name).\(ending)") }
    return result
  }

  /// Runs `geul` and returns its result.
  static func run(
    _ arguments: [String], stdin: String? = nil, environment: [String: String] = [:],
    in folder: Folder
  ) throws -> Result {
    try GeulProcess(arguments, stdin: stdin, environment: environment, in: folder).wait()
  }

  /// Runs a shell script in which `"$geul"` is the executable.
  static func shell(
    _ line: String, environment: [String: String] = [:], in folder: Folder
  ) throws -> Result {
    let environment = environment.merging(["geul": executable]) { $1 }
    return try GeulProcess(
      ["-c", line], program: "/bin/bash", environment: environment, in: folder
    ).wait()
  }
}

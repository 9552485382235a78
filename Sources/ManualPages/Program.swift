import Foundation

/// An error with a message.
struct ManualError: Error, CustomStringConvertible {
  let description: String
}

/// A program that describes its commands.
struct Program {
  /// The path of the executable.
  let path: String

  /// The program's command, which contains all others.
  var root: Command {
    get throws {
      let output = try output(["--experimental-dump-help"])
      let description = try JSONDecoder().decode(Description.self, from: Data(output.utf8))
      guard description.serializationVersion == 0 else {
        throw ManualError(
          description:
            "version \(description.serializationVersion) of ArgumentParser's JSON is unknown")
      }
      return description.command
    }
  }

  /// The version of the program.
  var version: String {
    get throws { try output(["--version"]).trimmingCharacters(in: .newlines) }
  }

  /// Returns the usage of a command without its name, such as `<model> [<options>]`.
  func usage(of command: Command) throws -> Substring {
    let lines = try output(command.words.dropFirst() + ["--help"]).split(separator: "\n")
    let prefix = "USAGE: \(command.words.joined(separator: " "))"
    guard let line = lines.first(where: { $0.hasPrefix(prefix) }) else {
      throw ManualError(description: "the help of \(command.pageName) has no usage")
    }
    return line.dropFirst(prefix.count)
  }

  private struct Description: Decodable {
    let serializationVersion: Int
    let command: Command
  }

  /// Runs the program and returns its standard output.
  private func output(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.environment = ["COLUMNS": "1000"]  // unwrapped lines
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ManualError(description: "\(path) \(arguments.joined(separator: " ")) failed")
    }
    return String(decoding: data, as: UTF8.self)
  }
}

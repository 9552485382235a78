import ArgumentParser
import Foundation
import Geul

/// The command line of Geul.
///
/// Exit codes: 0, 1 for what went wrong, 2 for usage, 130 and 143 after a signal.
@main
struct GeulCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "geul",
    abstract:
      "Learn a text character by character with a recurrent network, and write on from any prompt.",
    discussion: """
      geul train my.txt                                    learn a text
      geul generate checkpoints/my --prompt "Once upon"    write on
      geul resume checkpoints/my --minutes 10              learn on
      """,
    version: "0.1.0",
    subcommands: [
      Train.self, Resume.self, Generate.self, Evaluate.self, Compress.self, Decompress.self,
      Inspect.self, Explain.self, Memory.self, Report.self, Tokenize.self, Bench.self,
    ])

  static func main() {
    Output.ignoreSignals()
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      try checkNames(arguments)
      var command = try parseAsRoot(Aliases.canonical(arguments))
      try command.run()
    } catch let ending as EndedBySignal {
      leave(ending.exitCode)
    } catch {
      report(error, arguments)
    }
  }

  /// Says better than the parser what is wrong with a command's or an option's name.
  private static func checkNames(_ arguments: [String]) throws {
    let commands = configuration.subcommands.map { "\($0)".lowercased() }
    if let first = arguments.first, !first.hasPrefix("-"), !(commands + ["help"]).contains(first) {
      throw ValidationError(
        "There is no command '\(first)'. There are \(commands.joined(separator: ", ")).")
    }
    if let (given, meant) = Aliases.twoDashes(in: arguments) {
      throw ValidationError("Unknown option '\(given)'. Long names have two dashes: \(meant).")
    }
  }

  /// Says in one line what went wrong, and ends the process.
  private static func report(_ error: any Error, _ arguments: [String]) -> Never {
    let code = exitCode(for: error)
    guard code != .success else {
      do { try Output.text(fullMessage(for: error) + "\n") } catch { leave(1) }
      leave(0)
    }
    var message = message(for: error).split(whereSeparator: \.isNewline).joined(separator: " ")
    guard code == .validationFailure else {
      Output.note("geul: \(message)")
      leave(1)
    }
    if !message.hasSuffix(".") && !message.hasSuffix("?") { message += "." }
    Output.note("geul: \(message) See geul --help, or --help after a command.")
    leave(2)
  }

  private static func leave(_ code: Int32) -> Never {
    Foundation.exit(code)
  }
}

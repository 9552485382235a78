import ArgumentParser
import Geul
import GeulCommandSupport
import PortableFoundation

/// The command line of Geul.
///
/// Exit codes: 0; 1 after an error; 2 after a usage error; 130 and 143 after a signal.
@main
struct GeulCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "geul",
    abstract:
      "Train character-level recurrent language models on your own text and generate from them.",
    discussion: """
      geul train my.txt                                    train a model
      geul generate checkpoints/my --prompt "Once upon"    generate text
      geul resume checkpoints/my --minutes 10              continue training
      geul train --help-hidden                             all options of a command
      """,
    version: programVersion,
    subcommands: [
      Train.self, Resume.self, Generate.self, Write.self, Evaluate.self, Compress.self,
      Decompress.self, Inspect.self, Explain.self, Context.self, Report.self, Page.self,
      Export.self, Import.self,
      Tokenize.self, NoveltyCommand.self, Bench.self,
    ])

  static func main() {
    Output.openClosedStreams()
    Output.ignoreSignals()
    let arguments = FileSystem.arguments
    guard !arguments.isEmpty else { return introduce() }
    do {
      var command = try parsed(ConfigurationFile.expanded(arguments))
      try command.run()
    } catch let error as EndedBySignal {
      endProcess(error.exitCode)
    } catch {
      exit(
        with: error, program: "geul", help: UnknownNames.help(for: arguments),
        offering: { UnknownNames.options(of: arguments).contains($0) })
    }
  }

  /// Prints what to do first.
  private static func introduce() {
    _ = try? Output.text(
      """
      Geul trains a character-level language model on your own text, and continues any prompt.

      geul train my.txt                                    train for five minutes
      geul generate checkpoints/my --prompt "Once upon"    generate text
      geul resume checkpoints/my --minutes 10              train for longer
      geul page checkpoints/my --out my.html               see it at work in a browser

      geul --help lists all commands, and geul train --help the options of one.

      """)
  }

  /// Parses a command line, with the option names of other programs.
  private static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
    let translated = try Aliases.translated(arguments)
    if let error = UnknownNames.singleDash(in: translated) { throw error }
    do {
      return try parseAsRoot(translated.map(\.canonical))
    } catch {
      guard exitCode(for: error) == .validationFailure else { throw error }
      throw UnknownNames.error(in: translated)
        ?? UnknownNames.choices(message(for: error), in: translated) ?? error
    }
  }
}

import ArgumentParser
import Geul

/// Errors for unknown commands and options, with the name that was probably meant.
enum UnknownNames {
  /// Returns an error for the first unknown command or option; nil if all names are known.
  static func error(in arguments: [Aliases.Argument]) -> (any Error)? {
    guard let command = NamedCommand(arguments.map(\.canonical)) else {
      return unknownCommand(arguments.first { !$0.given.hasPrefix("-") }?.given)
    }
    let options = command.options
    for argument in arguments.prefix(while: { $0.canonical != "--" }) {
      let name = Aliases.Option(argument.canonical).name
      guard name.hasPrefix("-"), !options.accepts(name), !isInternal(name) else { continue }
      return ValidationError(
        "Unknown option '\(argument.given)'." + hint(name, command.name, options))
    }
    return nil
  }

  /// Returns an error that lists the choices of an option that the help does not show; nil for other errors.
  ///
  /// ArgumentParser lists those of the others.
  static func choices(_ message: String, in arguments: [Aliases.Argument]) -> (any Error)? {
    guard
      let match = message.firstMatch(of: /The value '.*' is invalid for '(--[a-z-]+)[^']*'\.?$/),
      let choices = NamedCommand(arguments.map(\.canonical))?.options.choices(String(match.1)),
      let last = choices.last
    else { return nil }
    let all = choices.dropLast().map { "'\($0)'" }.joined(separator: ", ")
    let sentence = match.0.hasSuffix(".") ? match.0 : match.0 + "."
    return ValidationError("\(sentence) Please provide one of \(all) or '\(last)'.")
  }

  /// Returns an error for the first long option with a single dash, as char-rnn's: `-rnn_size`.
  static func singleDash(in arguments: [Aliases.Argument]) -> (any Error)? {
    for argument in arguments.prefix(while: { $0.canonical != "--" }) {
      let given = argument.given
      guard isSingleDash(given), let command = NamedCommand(arguments.map(\.canonical))
      else { continue }
      let name = Aliases.Option("-\(given)", Aliases.names(of: command.name)).name
      if command.options.contains(name) {
        return ValidationError("Unknown option '\(given)'. Long names have two dashes: \(name).")
      }
    }
    return nil
  }

  /// Indicates whether an argument is a dash, a letter and more letters, digits, dashes or underscores.
  private static func isSingleDash(_ argument: String) -> Bool {
    let name = argument.utf8.dropFirst()
    guard argument.utf8.first == UInt8(ascii: "-"), name.count > 1, let first = name.first else {
      return false
    }
    func isLetter(_ byte: UInt8) -> Bool {
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
    }
    return isLetter(first)
      && name.allSatisfy {
        isLetter($0) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
          || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
      }
  }

  /// Returns the command line of the help for a command line.
  static func help(for arguments: [String]) -> String {
    "\(command(of: arguments)?.path ?? "geul") --help"
  }

  /// Returns the options of the command of a command line.
  static func options(of arguments: [String]) -> CommandOptions {
    command(of: arguments)?.options ?? CommandOptions()
  }

  private static func command(of arguments: [String]) -> NamedCommand? {
    NamedCommand(arguments.map { Aliases.commands[$0] ?? $0 })
  }

  /// What to use instead of commands that other programs have.
  private static let substitutes = [
    "serve": "geul-server MODEL (built by make build-server)",
    "server": "geul-server MODEL (built by make build-server)",
    "sample": "geul generate MODEL", "predict": "geul generate MODEL", "run": "geul generate MODEL",
    "infer": "geul generate MODEL", "complete": "geul generate MODEL",
    "edit": "geul write MODEL", "editor": "geul write MODEL", "chat": "geul write MODEL",
    "interactive": "geul write MODEL", "repl": "geul write MODEL",
    "test": "geul evaluate MODEL TEXT", "eval": "geul evaluate MODEL TEXT",
    "perplexity": "geul evaluate MODEL TEXT", "score": "geul evaluate MODEL TEXT",
    "info": "geul inspect MODEL", "show": "geul inspect MODEL",
    "plot": "geul report RUN", "graph": "geul report RUN",
    "visualize": "geul explain MODEL --text TEXT, or geul page MODEL",
    "finetune": "geul train NEW.txt --init-from MODEL",
    "fine-tune": "geul train NEW.txt --init-from MODEL",
    "convert": "geul export MODEL, or geul import FILE for a model of PyTorch",
    "grammar": "geul generate MODEL --pattern REGEX",
    "plagiarism": "geul novelty TEXT CORPUS", "overlap": "geul novelty TEXT CORPUS",
    "continue": "geul resume RUN", "benchmark": "geul bench train",
  ]

  private static func unknownCommand(_ name: String?) -> (any Error)? {
    guard let name else { return nil }
    if let other = substitutes[name.lowercased()] {
      return ValidationError("There is no command '\(name)'. Use \(other).")
    }
    let names = NamedCommand.all.map(\.name) + Aliases.commands.keys
    let near = nearest(name, names).map { " Did you mean '\(Aliases.commands[$0] ?? $0)'?" }
    let list = NamedCommand.all.map(\.name).joined(separator: ", ")
    return ValidationError(
      "Unknown command '\(name)'.\(near.first ?? "") The commands are \(list).")
  }

  /// Indicates whether an option is one of ArgumentParser's own, which the help does not list.
  private static func isInternal(_ name: String) -> Bool {
    ["--help-hidden", "--generate-completion-script", "--experimental-dump-help"].contains(name)
  }

  /// Returns a sentence that names the nearest option, or the command that has the option.
  private static func hint(
    _ name: String, _ command: String, _ declared: CommandOptions
  ) -> String {
    let options = declared.longNames.map { String($0.dropFirst(2)) }
    let aliases = Aliases.names(of: command).filter { options.contains($0.value) }
    let bare = String(name.drop { $0 == "-" })
    let isShort = !name.hasPrefix("--")
    let asksForOutput = outputNames.contains(bare)
    var near = asksForOutput ? outputOptions(of: declared) : []
    if asksForOutput, near.isEmpty {
      return " geul \(command) writes to standard output: redirect it with > FILE."
    }
    if near.isEmpty { near = nearest(bare, options) }
    if near.isEmpty { near = nearest(bare, Array(aliases.keys), limit: 1) }
    if near.isEmpty, bare.count > 2 {
      near = options.filter { $0.hasPrefix(bare) || $0.hasSuffix("-\(bare)") }
    }
    if near.isEmpty, isShort, let letter = bare.first { near = meanings(of: letter, options) }
    let meant = Set(near.map { "'--\(aliases[$0] ?? $0)'" }).sorted()
    if 1...3 ~= meant.count { return " Did you mean \(meant.joined(separator: " or "))?" }
    guard let other = NamedCommand.all.first(where: { $0.options.contains(name) }) else {
      return ""
    }
    return " It is an option of geul \(other.name)."
  }

  /// Names by which other programs, or other commands, call the file that they write.
  private static let outputNames = [
    "o", "O", "out", "output", "outfile", "out-file", "output-file",
  ]

  /// Returns the options, without dashes, that name a file that a command writes.
  private static func outputOptions(of declared: CommandOptions) -> [String] {
    ["out", "output", "html", "onnx", "npz", "csv"].filter {
      declared.contains("--\($0)") && !declared.isFlag("--\($0)")
    }
  }

  /// Returns the options, without dashes, that a letter stands for in other commands, or else those that begin with it.
  private static func meanings(of letter: Character, _ options: [String]) -> [String] {
    let letter = letter.lowercased()
    let elsewhere = NamedCommand.all.map { String($0.options.longName("-\(letter)").dropFirst(2)) }
    let same = options.filter(elsewhere.contains)
    return same.isEmpty ? options.filter { $0.hasPrefix(letter) } : same
  }

  /// Returns the candidates nearest to a name, by default at an edit distance of at most a third of its length.
  private static func nearest(
    _ name: String, _ candidates: [String], limit: Int? = nil
  ) -> [String] {
    nearestNames(to: name, among: candidates, limit: limit ?? max(1, name.count / 3))
  }
}

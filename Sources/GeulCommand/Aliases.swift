import ArgumentParser
import GeulCommandSupport

/// The translation of arguments before they are parsed.
///
/// Option names of other programs and of earlier versions are replaced by Geul's. They are not
/// listed in the help. Underscores in names are accepted, `--name=value` too, and so are values that
/// begin with a dash: negative numbers, texts and paths, unless they are an option of the command. A
/// dash alone stands for standard input. An option with one value may be given once.
enum Aliases {
  /// An argument of the command line.
  struct Argument {
    /// The option as it was given, without its value; other arguments unchanged.
    let given: String
    /// The argument to parse.
    var canonical: String
  }

  /// Commands of earlier versions.
  static let commands = ["memory": "context"]

  /// Names with the same meaning in every command.
  private static let common = [
    "num-layers": "layers", "n-layer": "layers", "n-layers": "layers", "rnn-size": "hidden",
    "hidden-size": "hidden", "n-embd": "hidden", "n-hidden": "hidden", "batch-size": "batch",
    "lr": "learning-rate", "clip": "grad-clip", "clip-norm": "grad-clip",
    "max-grad-norm": "grad-clip", "max-epochs": "epochs", "num-epochs": "epochs",
    "num-train-epochs": "epochs", "max-steps": "steps", "max-iters": "steps",
    "model-type": "cell", "num-threads": "threads", "n-threads": "threads",
    "temp": "temperature", "repetition-penalty": "repeat-penalty", "time": "minutes",
    "dtype": "precision",
  ]
  private static let training = [
    "seq-length": "length", "seq-len": "length", "bptt": "length", "block-size": "length",
    "chunk-len": "length", "ctx-size": "length", "n-ctx": "length", "val-frac": "validation",
    "out-dir": "out", "output-dir": "out", "save-interval": "save-every",
    "checkpoint-every": "save-every", "sample-interval": "sample-every", "logdir": "tensorboard",
    "log-dir": "tensorboard", "tensorboard-dir": "tensorboard",
  ]
  private static let generating = [
    "max-tokens": "length", "n-predict": "length", "max-new-tokens": "length",
    "predict": "length", "predict-len": "length", "num-tokens": "length",
    "primetext": "prompt", "prime": "prompt",
    "prime-str": "prompt", "start-text": "prompt", "start": "prompt", "prefix": "prompt",
    "file": "prompt-file", "count": "num-samples", "num-return-sequences": "num-samples",
    "columns": "side-by-side", "reverse-prompt": "stop", "typical": "typical-p",
    "top-nsigma": "top-n-sigma",
    "mirostat-ent": "mirostat-tau", "mirostat-lr": "mirostat-eta",
    "dynatemp-exp": "dynatemp-exponent", "dry-penalty-last-n": "dry-last-n",
  ]
  private static let byCommand = [
    "train": training, "resume": training, "generate": generating,
    "write": generating.merging(["out": "output", "save": "output"]) { $1 },
    "bench": training.merging(["streams": "sequences"]) { $1 },
    "explain": ["cell": "neuron", "cells": "probe", "show": "select"],
    "context": ["train-three": "compare-cells"],
    "page": ["html": "out", "quantize": "precision"],
    "export": ["logdir": "tensorboard", "log-dir": "tensorboard", "overwrite": "force"],
    "import": [
      "vocab": "vocabulary", "vocab-file": "vocabulary", "output": "out", "outfile": "out",
      "overwrite": "force", "nonlinearity": "activation", "unk-token": "unknown",
    ],
  ]
  /// Values of earlier versions, by option.
  private static let values = ["--select": ["lively": "active", "lasting": "persistent"]]

  /// Options whose value is arbitrary text, which may also be two dashes.
  private static let textOptions = ["--prompt", "--stop", "--text"]
  /// Commands with a model or run as their first argument, which `-m` or `--model` may give too.
  private static let modelCommands: Set = [
    "generate", "write", "evaluate", "inspect", "explain", "context", "page", "export",
  ]
  private static let modelNames: Set = ["-m", "--model", "--model-path", "--model-name-or-path"]

  /// Returns the table of aliases of a command, both sides without dashes.
  static func names(of command: String) -> [String: String] {
    common.merging(byCommand[command] ?? [:]) { $1 }
  }

  /// Translates the arguments of a command line.
  ///
  /// - Throws: `ValidationError` for an option of another program that Geul cannot support, and for an option that is
  ///   given twice.
  static func translated(_ arguments: [String]) throws -> [Argument] {
    let (start, command) = self.command(in: arguments)
    let names = names(of: command)
    let generates = command == "generate"
    var result = start.map { Argument(given: $0, canonical: commands[$0] ?? $0) }
    var models: [Argument] = []
    lazy var declared =
      NamedCommand(
        arguments.dropFirst(max(0, start.count - 1)).map { commands[$0] ?? $0 }
      )?.options ?? CommandOptions()
    var repetitions = Repetitions()
    var rest = arguments[start.count...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        result += ([argument] + rest).map { Argument(given: $0, canonical: $0) }
        break
      }
      if generates, argument == "-", !["-f", "--prompt-file"].contains(result.last?.canonical) {
        result.append(Argument(given: argument, canonical: "--prompt-file=-"))
        repetitions.add(Option("--prompt-file=-"), given: argument)
        continue
      }
      var option = Option(argument, names)
      guard option.isOption else {
        result.append(Argument(given: argument, canonical: argument))
        continue
      }
      let isModel =
        modelCommands.contains(command)
        && (modelNames.contains(option.name) || option.name == "--out-dir")
      let isForeign = ForeignOptions.contains(option.name, command)
      /// Indicates whether an argument that begins with a dash is a text or a path rather than an option.
      func isText(_ argument: String) -> Bool {
        guard argument != "--" else { return textOptions.contains(declared.longName(option.name)) }
        let other = Option(argument, names)
        return !other.isOption || argument.contains(where: \.isWhitespace)
          || !declared.contains(other.name) && !ForeignOptions.contains(other.name, command)
            && !(modelCommands.contains(command) && modelNames.contains(other.name))
      }
      if option.value == nil, rest.first?.hasPrefix("-") == true,
        let (flags, last) = declared.split(option.name), declared.takesText(last)
      {
        // Only the last option of a group such as `-qp` can have a value.
        repetitions.add(Option(flags))
        result.append(Argument(given: option.given, canonical: flags))
        option = Option(last)
      }
      if option.value == nil, let next = rest.first {
        let isValue = !next.hasPrefix("-") || Double(next) != nil
        if (isModel || isForeign) && isValue || option.takes(next)
          || next.hasPrefix("-") && (isModel || declared.takesText(option.name)) && isText(next)
        {
          option = option.with(value: rest.removeFirst(), name: declared.longName(option.name))
        }
      }
      if isModel {
        repetitions.add(option, named: "--model")
        guard let model = option.value else {
          throw ValidationError("Missing value for '\(option.given) <model>'.")
        }
        // As an argument of its own, a path must not look like an option.
        models.append(
          Argument(given: option.given, canonical: model.hasPrefix("-") ? "./\(model)" : model))
      } else if isForeign {
        try ForeignOptions.check(option, command)
      } else {
        repetitions.add(option)
        result.append(option.argument)
      }
    }
    try repetitions.check { declared }
    result.insert(contentsOf: models, at: start.count)
    return result
  }

  /// The arguments up to the command (or the topic of `help`), and the command's current name.
  private static func command(in arguments: [String]) -> (start: [String], command: String) {
    guard let index = arguments.firstIndex(where: { !$0.hasPrefix("-") }) else { return ([], "") }
    let isHelp = arguments[index] == "help" && index + 1 < arguments.count
    let last = isHelp ? index + 1 : index
    return (Array(arguments[...last]), commands[arguments[last]] ?? arguments[last])
  }

  /// An option with its value.
  struct Option {
    /// The name as it was given, with dashes.
    let given: String
    /// The canonical name, with dashes.
    private(set) var name: String
    var value: String?

    /// Splits `--name=value` and replaces an alias.
    init(_ argument: String, _ names: [String: String] = [:]) {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      given = String(parts.first ?? "")
      value = parts.count > 1 ? String(parts[1]) : nil
      guard given.hasPrefix("--") else {
        name = given
        return
      }
      let bare = String(given.dropFirst(2).replacing("_", with: "-"))
      name = "--\(names[bare] ?? bare)"
    }

    var isOption: Bool { given.hasPrefix("-") && given.count > 1 && Double(given) == nil }

    /// Indicates whether the next argument is the option's value although it begins with a dash.
    func takes(_ next: String) -> Bool {
      if Aliases.values[name] != nil { return !next.hasPrefix("-") }
      return next.hasPrefix("-") && Double(next) != nil
    }

    /// Returns the option with a value, and with another name for it.
    func with(value: String, name: String) -> Option {
      var option = self
      (option.value, option.name) = (value, name)
      return option
    }

    /// The option as one argument.
    var argument: Argument {
      let value = value.map { "=\(Aliases.values[name]?[$0] ?? $0)" } ?? ""
      return Argument(given: given, canonical: name + value)
    }
  }
}

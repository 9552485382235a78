/// The names that people know from other programs, turned into ours before the arguments are read.
///
/// They work but do not clutter the help. Underscores and `--name=value` are understood too, and
/// values that begin with a dash: numbers below zero, and prompts that are dialogue. A dash alone is
/// standard input.
enum Aliases {
  /// Names that mean the same for every command.
  private static let everywhere = [
    "num-layers": "layers", "rnn-size": "hidden", "hidden-size": "hidden", "batch-size": "batch",
    "lr": "learning-rate", "clip": "grad-clip", "clip-norm": "grad-clip",
    "max-grad-norm": "grad-clip", "max-epochs": "epochs", "num-epochs": "epochs",
    "max-steps": "steps", "max-iters": "steps", "model-type": "cell", "num-threads": "threads",
    "temp": "temperature", "repetition-penalty": "repeat-penalty", "time": "minutes",
  ]
  /// The window of training.
  private static let training = [
    "seq-length": "length", "seq-len": "length", "bptt": "length", "block-size": "length",
    "chunk-len": "length", "val-frac": "validation",
  ]
  /// The length of a text, and its beginning.
  private static let generating = [
    "max-tokens": "length", "n-predict": "length", "max-new-tokens": "length",
    "predict": "length", "predict-len": "length", "primetext": "prompt", "prime": "prompt",
    "prime-str": "prompt", "start-text": "prompt", "start": "prompt", "prefix": "prompt",
    "file": "prompt-file", "count": "num-samples", "reverse-prompt": "stop",
  ]
  /// The options of `generate` whose value is any text, one that begins with a dash too.
  private static let texts = ["--prompt", "-p", "--stop"]

  /// The arguments with every alias replaced by our name for it.
  static func canonical(_ arguments: [String]) -> [String] {
    let writes = arguments.first { !$0.hasPrefix("-") } == "generate"
    let names = everywhere.merging(writes ? generating : training) { $1 }
    var canonical: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" { return canonical + [argument] + rest }
      if writes, argument == "-", !["-f", "--prompt-file"].contains(canonical.last) {
        canonical.append("--prompt-file=-")
        continue
      }
      let name = ours(argument, names)
      guard let value = rest.first, takes(name, value, writes: writes) else {
        canonical.append(name)
        continue
      }
      canonical.append("\(name)=\(value)")
      rest.removeFirst()
    }
    return canonical
  }

  /// An argument with our name for the option, if it is one.
  private static func ours(_ argument: String, _ names: [String: String]) -> String {
    guard argument.hasPrefix("--"), argument != "--" else { return argument }
    let parts = argument.dropFirst(2).split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0].replacing("_", with: "-"))
    let value = parts.count > 1 ? "=\(parts[1])" : ""
    return "--\(names[name] ?? name)\(value)"
  }

  /// Whether what follows an option is its value though it begins with a dash.
  private static func takes(_ option: String, _ value: String, writes: Bool) -> Bool {
    guard option.hasPrefix("-"), !option.contains("="), value.hasPrefix("-") else { return false }
    if writes, texts.contains(option) { return true }
    return Double(value) != nil
  }

  /// The name with two dashes for one that was given with one, as char-rnn's are: `-rnn_size`.
  static func twoDashes(in arguments: [String]) -> (given: String, meant: String)? {
    let arguments = canonical(arguments)
    for argument in arguments.prefix(while: { $0 != "--" }) {
      guard let match = argument.wholeMatch(of: /-([A-Za-z][A-Za-z0-9_-]+)(=.*)?/) else { continue }
      let command = arguments.first { !$0.hasPrefix("-") } ?? ""
      return ("-\(match.1)", canonical([command, "--\(match.1)"])[1])
    }
    return nil
  }
}

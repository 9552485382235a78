/// The names that people know from other programs, turned into ours before the arguments are read.
///
/// They work but do not clutter the help. Underscores and `--name=value` are understood too.
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

  /// The arguments with every alias replaced by our name for it.
  static func canonical(_ arguments: [String]) -> [String] {
    let isGenerate =
      arguments.first { !$0.hasPrefix("-") } == "generate" || arguments.contains("generate")
    let names = everywhere.merging(isGenerate ? generating : training) { $1 }
    var isOption = true
    return arguments.map { argument in
      if argument == "--" { isOption = false }
      guard isOption, argument.hasPrefix("--"), argument.count > 2 else { return argument }
      let parts = argument.dropFirst(2).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0].replacing("_", with: "-"))
      let value = parts.count > 1 ? "=\(parts[1])" : ""
      return "--\(names[name] ?? name)\(value)"
    }
  }
}

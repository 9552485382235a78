/// Sections that the help does not have, chosen by the options of a command.
enum CommonSections {
  /// The environment variables that a command reads, and their meaning.
  static func environment(of command: Command) -> [(String, String)] {
    var variables: [(String, String)] = []
    if command.has("--api-key-file") {
      variables.append(("GEUL_API_KEY", "The key that clients must send, without --api-key-file."))
    }
    if command.has("--threads") {
      variables.append(
        (
          "GEUL_ISA",
          "Instruction set: portable, neon, avx2, avx512 or avx512bf16; by default the fastest one of the processor."
        ))
    }
    if takesModel(command) {
      variables.append(
        (
          "GEUL_MODELS",
          "Directory in which a model is looked for by its name, before the installed models."
        ))
    }
    if isTraining(command) {
      variables.append(
        (
          "GEUL_RANK_TIMEOUT",
          "Seconds that a process of a run on several processes waits for the others before it ends the job; 600 by default."
        ))
    }
    if command.has("--threads") {
      variables.append(
        ("GEUL_THREADS", "Number of threads; by default the available processors."))
    }
    if command.has("--html") || command.pageName == "geul-write" {
      variables.append(("NO_COLOR", "If it is set and not empty, there are no colors."))
    }
    if takesText(command) {
      variables.append(
        (
          "TMPDIR",
          "Directory for the token ids of a large text in a temporary file; /var/tmp by default."
        ))
    }
    return variables
  }

  /// The files that a command reads or writes, and their meaning.
  static func files(of command: Command) -> [(String, String)] {
    if isTraining(command) {
      return [
        (
          "latest.safetensors",
          "In the run directory: the checkpoint from which the run is resumed."
        ),
        ("best.safetensors", "The model with the lowest validation loss."),
        (
          "latest.previous.safetensors, best.previous.safetensors",
          "Their last versions, used if a file is damaged."
        ),
        ("metrics.jsonl", "Losses, learning rate and speed, one JSON object a line."),
        ("samples.jsonl", "Texts that were generated during training."),
      ]
    }
    guard takesModel(command) else { return [] }
    return [
      ("best.safetensors", "In a run directory: the model that the directory stands for."),
      (
        "../share/geul/models/NAME.safetensors",
        "The installed model NAME; the path is relative to the directory of the program. It is used if no file or directory NAME exists."
      ),
    ]
  }

  /// The exit codes of a program, and their meaning.
  static func exitStatus(of root: Command) -> [(String, String)] {
    let codes = [("1", "An error, with one sentence on standard error."), ("2", "A usage error.")]
    guard root.commandName == "geul" else {
      return [("0", "The program was stopped by SIGINT or SIGTERM.")] + codes
    }
    return [("0", "Success.")] + codes + [
      ("130", "Ended by SIGINT (Ctrl-C)."), ("143", "Ended by SIGTERM."),
    ]
  }

  /// The names of other pages that readers of a command's page may need.
  static func related(to command: Command) -> [String] {
    switch command.pageName {
    case "geul-train": ["geul-generate", "geul-report", "geul-resume", "geul-tokenize"]
    case "geul-resume": ["geul-report", "geul-train"]
    case "geul-generate": ["geul-evaluate", "geul-novelty", "geul-train", "geul-write"]
    case "geul-write": ["geul-generate"]
    case "geul-evaluate": ["geul-compress", "geul-report"]
    case "geul-compress": ["geul-decompress", "geul-evaluate"]
    case "geul-decompress": ["geul-compress"]
    case "geul-inspect": ["geul-explain"]
    case "geul-explain": ["geul-context", "geul-page"]
    case "geul-context": ["geul-explain", "geul-report"]
    case "geul-report": ["geul-train"]
    case "geul-page": ["geul-explain"]
    case "geul-novelty": ["geul-generate"]
    case "geul-tokenize": ["geul-train"]
    default: []
    }
  }

  private static func isTraining(_ command: Command) -> Bool {
    ["geul-train", "geul-resume"].contains(command.pageName)
  }

  private static func takesModel(_ command: Command) -> Bool { command.takes("model", "models") }

  /// Indicates whether a command reads a text of any size.
  private static func takesText(_ command: Command) -> Bool {
    command.takes("corpus", "files") || command.has("--corpus")
  }
}

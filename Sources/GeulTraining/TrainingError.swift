public import GeulStorage
public import GeulText

/// The reason why a training session cannot start, continue or finish: one sentence that says what is wrong and what to do.
public enum TrainingError: Error, CustomStringConvertible {
  /// The text has too few tokens for training.
  case tooFewTokens(count: Int)
  /// The run would take more memory than is available, in bytes.
  case memory(parameters: Int, needed: Int, available: Int, remedies: [String])
  /// The folder of the run exists.
  case folderExists(path: String, isRun: Bool)
  /// The folder is not that of a run.
  case notARun(path: String)
  /// The training text came from standard input and must be given again.
  case textNotKept(path: String)
  /// The text is not the one that the run was training on.
  case textChanged(sources: [String])
  /// The validation text is not the one that the run was evaluated on.
  case validationTextChanged(source: String)
  /// No two consecutive tokens of the validation text are in the vocabulary.
  case unknownValidationText(name: String)
  /// A teacher, by its index, has another tokenizer or vocabulary than the text.
  case teacherVocabulary(index: Int)
  /// There are several processes and a teacher.
  case teachersNeedOneProcess(count: Int)
  /// The file of a teacher is not the one that the run began with.
  case teacherChanged(path: String)
  /// The loss diverges at any learning rate.
  case diverged(path: String, step: Int)
  /// A process of a data-parallel run cannot take part.
  case rank(Int, host: String, problem: String)
  /// There are more processes than sub-batches.
  case tooManyRanks(Int, batch: Int, length: Int, limit: Int)
  /// A text cannot be read.
  case text(TextError)
  /// A file cannot be read or written.
  case file(FileError)
  /// A checkpoint or a model is damaged.
  case format(FormatError)

  init(_ error: RunError) {
    self =
      switch error {
      case .format(let error): .format(error)
      case .file(let error): .file(error)
      case .stopped: preconditionFailure("RunError.stopped must be handled by the caller")
      }
  }

  /// The message.
  public var description: String {
    switch self {
    case .tooFewTokens(let count):
      "only \(count) token\(count == 1 ? "" : "s") for training; at least 3 are needed."
    case .memory(let parameters, let needed, let available, let remedies):
      "Training a model of \(parameters) parameters takes about \(byteDescription(needed)) of memory, and"
        + " \(byteDescription(available)) are available. Choose \(remedies.joined(separator: ", or "))."
    case .folderExists(let path, let isRun):
      "\(path) already exists. "
        + (isRun ? "Continue it with geul resume \(path), or choose" : "Choose") + " another --out."
    case .notARun(let path):
      "\(path) is not a run directory: it has no latest.safetensors. Give a run directory of geul train."
    case .textNotKept(let path):
      "\(path): the training text came from standard input or a pipe. Give it again: geul resume \(path) FILE."
    case .textChanged(let sources):
      "\(sources.joined(separator: ", ")): this is not the training text of the run. Restore that text, or start a new run."
    case .validationTextChanged(let source):
      "\(source): this is not the validation text of the run. Restore that text, or give it with --validation-file."
    case .unknownValidationText(let name):
      "\(name): no two consecutive tokens are in the model's vocabulary. Choose another --validation-file."
    case .teacherVocabulary:
      "its vocabulary is not that of the text. Train it on the same text with the same --unit, --normalize, --min-count and --init-from."
    case .teachersNeedOneProcess(let count):
      "A run with --teacher works in one process, not in the \(count) of mpirun. Start geul without mpirun."
    case .teacherChanged(let path):
      "\(path): this is not the teacher that the run began with. Restore it, or start a new run."
    case .diverged(let path, let step):
      "\(path): the loss diverges after step \(step) at every learning rate. Start a new run with a smaller --learning-rate."
    case .rank(let rank, let host, let problem):
      "Rank \(rank) on \(host) cannot take part: \(problem)"
    case .tooManyRanks(let count, let batch, let length, let limit):
      "A batch of \(batch) x \(length) tokens can be divided among at most \(limit) process\(limit == 1 ? "" : "es"), and there are"
        + " \(count). Start fewer, or choose a larger --batch."
    case .text(let error): error.description
    case .file(let error): error.description
    case .format(let error): error.description
    }
  }
}

/// Returns a number of bytes as people write it: `58 MB`, `1.3 GB`.
public func byteDescription(_ count: Int) -> String {
  switch count {
  case ..<1_000_000: "\((count + 999) / 1000) kB"
  case ..<1_000_000_000: "\(Int((Double(count) / 1e6).rounded())) MB"
  default:
    "\(Int((Double(count) / 1e8).rounded()) / 10).\(Int((Double(count) / 1e8).rounded()) % 10) GB"
  }
}

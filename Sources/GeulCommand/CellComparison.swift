import ArgumentParser
import Geul
import GeulCharts
import GeulCommandSupport

/// A vanilla RNN, a GRU and an LSTM with equal parameter counts, trained on one text for equal training times or
/// equal numbers of steps.
struct CellComparison {
  /// The path of the text.
  let text: String
  /// The directory of the three runs.
  let directory: String
  /// The number of hidden units of the LSTM.
  let hidden: Int
  /// The activation of the vanilla RNN.
  let activation: Activation
  /// The total training time of the three models.
  let minutes: Double
  /// The number of steps of each model; nil for equal training times.
  let trainSteps: Int?
  /// The encoding of the text.
  let bytes: EncodingOptions
  let threads: Int?
  /// The language of notes.
  let language: Language

  private static let cells = [CellKind.rnn, .gru, .lstm]

  /// Trains the three models one after the other.
  ///
  /// - Returns: The paths of the run directories.
  func train(on source: TextSource) throws -> [String] {
    let paths = Self.cells.map { "\(directory)/\($0.rawValue)" }
    if let path = paths.first(where: FileSystem.exists) {
      throw CommandError(
        "\(path) already exists. Choose another --out, or compare the existing models with geul context"
          + " \(paths.joined(separator: " ")) --corpus \(text).")
    }
    try OutputDirectory(directory, option: "--out").check()
    let corpus = try readCorpus(
      [source],
      CorpusOptions(tokenizer: Tokenizer(), encoding: bytes.encoding, invalid: bytes.invalid))
    guard corpus.count > 10 * Context.minimumLength else {
      throw CommandError(
        "\(text): too short to hold out a tenth and measure on it. Use a text of at least"
          + " \(10 * Context.minimumLength) characters.")
    }
    let budget =
      trainSteps.map { ["--steps", "\($0)", "--patience", "0"] } ?? [
        "--seconds", "\(minutes * 20)",
      ]
    for (cell, path) in zip(Self.cells, paths) {
      let hidden = hiddenUnits(of: cell, vocabulary: corpus.vocabulary.count)
      Output.note(language("Training \(path)", "훈련: \(path)"))
      let threads = threads.map { ["--threads", "\($0)"] } ?? []
      let encoding = bytes.encoding.map { ["--encoding", $0] } ?? []
      let train = try Train.parse(
        [
          text, "--out", path, "--cell", cell.rawValue, "--layers", "1", "--hidden", "\(hidden)",
          "--sample-every", "0",
          // The comparison is about long contexts: a small text must not shorten the sequences.
          "--length", "\(TrainingConfiguration().length)",
          "--activation", cell == .rnn ? activation.rawValue : "tanh",
          "--invalid", bytes.invalid.rawValue,
        ] + budget + threads + encoding)
      do {
        let (context, clock) = (try train.machine.context, Stopwatch())
        try train.run(on: corpus, context, clock, .alone)
      } catch let error as TrainingError {
        // A diverged run still has a best model, whose gradients are measured.
        guard FileSystem.exists(RunFolder(path).best.path) else {
          throw error
        }
        Output.note("\(error)")
      }
    }
    return paths
  }

  /// Returns the number of hidden units with which a cell's parameter count is closest to the LSTM's.
  private func hiddenUnits(of cell: CellKind, vocabulary: Int) -> Int {
    func parameters(_ cell: CellKind, _ hidden: Int) -> Int {
      Network(Architecture(cell: cell, layers: 1, hidden: hidden), vocabulary: vocabulary).layout
        .parameterCount
    }
    let target = parameters(.lstm, hidden)
    let larger = (hidden...8 * hidden).first { parameters(cell, $0) >= target } ?? hidden
    guard larger > 1 else { return larger }
    let isSmallerCloser =
      target - parameters(cell, larger - 1) < parameters(cell, larger) - target
    return isSmallerCloser ? larger - 1 : larger
  }
}

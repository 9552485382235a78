import ArgumentParser
import Foundation
import Geul

/// A vanilla network, a GRU and an LSTM of as many parameters, trained on one text for as long.
struct CellComparison {
  let text: String
  let folder: String
  /// The LSTM's units.
  let hidden: Int
  /// The vanilla network's.
  let activation: Activation
  /// For all three together.
  let minutes: Double
  let threads: Int?

  private static let cells = [CellKind.rnn, .gru, .lstm]

  /// Trains them, one after the other, and answers where they are.
  func train() throws -> [String] {
    let paths = Self.cells.map { "\(folder)/\($0.rawValue)" }
    if let path = paths.first(where: FileManager.default.fileExists) {
      throw CommandError(
        "\(path) is there already. Choose another --out, or compare what is there with geul memory"
          + " \(paths.joined(separator: " ")) --corpus \(text).")
    }
    let corpus = try readCorpus([text], CorpusOptions(tokenizer: Tokenizer()))
    guard corpus.count > 10 * Memory.shortest else {
      throw CommandError(
        "\(text): too short to hold out a tenth and measure on it. Give at least \(10 * Memory.shortest) characters."
      )
    }
    for (cell, path) in zip(Self.cells, paths) {
      let units = units(of: cell, vocabulary: corpus.vocabulary.count)
      Output.note("Training \(path)")
      let threads = threads.map { ["--threads", "\($0)"] } ?? []
      let train = try Train.parse(
        [
          text, "--out", path, "--cell", cell.rawValue, "--layers", "1", "--hidden", "\(units)",
          "--seconds", "\(minutes * 20)", "--sample-every", "0",
          // Memory is what is asked for: windows do not get shorter because a text is small.
          "--length", "\(TrainingConfiguration().length)",
          "--activation", cell == .rnn ? activation.rawValue : "tanh",
        ] + threads)
      do { try train.run() } catch let failure as CommandError {
        // What explodes beyond mending is worth seeing too.
        guard FileManager.default.fileExists(atPath: RunFolder(path).best.path) else {
          throw failure
        }
        Output.note("\(failure)")
      }
    }
    return paths
  }

  /// How many units of a kind have as many parameters as the LSTM, as nearly as can be.
  private func units(of cell: CellKind, vocabulary: Int) -> Int {
    func parameters(_ cell: CellKind, _ units: Int) -> Int {
      Network(Architecture(cell: cell, layers: 1, hidden: units), vocabulary: vocabulary).layout
        .parameterCount
    }
    let goal = parameters(.lstm, hidden)
    let enough = (hidden...8 * hidden).first { parameters(cell, $0) >= goal } ?? hidden
    return enough > 1 && goal - parameters(cell, enough - 1) < parameters(cell, enough) - goal
      ? enough - 1 : enough
  }
}

import Geul
import GeulCharts
import GeulCommandSupport
import PortableFoundation

/// `geul generate --side-by-side`: the texts of a prompt in columns.
extension Generate {
  /// Generates the texts of a batch, and writes those of each prompt in columns when they are complete.
  ///
  /// `body` is called with each set and its texts.
  func writeColumns(
    of batch: BatchGeneration, by generator: Generator,
    _ body: (TextSet, [Generator.Text]) -> Void
  ) throws {
    var columns: [TextColumns.Column] = []
    var (setCount, isFirst) = (0, true)
    try batch.run(by: generator) { set, texts in
      body(set, texts)
      columns += texts.enumerated().map { number, text in
        .init(
          title: title(set, sample: number), shortTitle: title(set, sample: number, isShort: true),
          text: (noDisplayPrompt ? "" : set.prompt) + text.text)
      }
      setCount += 1
      guard setCount % samplerOptions.temperatures.count == 0 else { return true }
      let lines = TextColumns(columns).lines(width: ChartOptions.terminal.width)
      defer { (columns, isFirst) = ([], false) }
      return try Output.text((isFirst ? "" : "\n") + lines.joined(separator: "\n") + "\n")
    }
  }

  /// Returns the temperature and the number of a text, as far as there are several.
  private func title(_ set: TextSet, sample: Int, isShort: Bool = false) -> String {
    let temperature =
      samplerOptions.temperatures.count > 1
      ? ["\(isShort ? "t" : "temperature") \(formatted(set.temperature, "%g"))"] : []
    let number = textOptions.numSamples > 1 ? ["sample \(sample)"] : []
    return (temperature + number).joined(separator: ", ")
  }
}

import Geul
import GeulCharts
import GeulCommandSupport
import PortableFoundation

extension GenerationMeasures {
  /// Returns the lines of the table of a report, and its notes.
  func lines(width: Int) -> [String] {
    var header = [""]
    header += groups.map {
      groups.count > 1 ? "t \(formatted($0.temperature, "%g"))" : "generated"
    }
    let hasHeldOut = !heldOut.isEmpty || validationNatsPerCharacter != nil
    if hasHeldOut { header.append("held-out text") }
    let texts = groups.map(\.texts) + (heldOut.isEmpty ? [] : [heldOut])
    let pooled = texts.map(TextMeasures.init(pooling:))
    let lastCell = hasHeldOut && heldOut.isEmpty ? [""] : []
    /// Returns a row whose cells are values of pooled texts.
    func row(_ label: String, _ cell: (TextMeasures) -> String?) -> [String] {
      [label] + pooled.map { cell($0) ?? "too short" } + lastCell
    }
    let length = TextMeasures.sequenceLength
    var rows = [
      ["texts"] + texts.map { "\($0.count)" } + lastCell, row("characters") { "\($0.characters)" },
      row("words") { "\($0.words)" },
    ]
    if isTrainingText != nil { rows.append(row("new words") { percentage($0.newWords) }) }
    rows.append(
      row("types per token, \(TextMeasures.windowLength) words") {
        $0.windowTypes.value.map { number($0, 3) }
      })
    rows.append(row("repeated \(length)-grams") { percentage($0.repeatedSequences) })
    if isTrainingText != nil {
      rows.append(row("copied \(length)-grams") { percentage($0.copiedSequences) })
      rows.append(row("longest copied run, chars") { "\($0.longestRun?.length ?? 0)" })
    }
    if pooled.contains(where: { $0.particles.total > 0 }) {
      rows.append(row("Korean particles") { "\($0.particles.total)" })
      rows.append(
        row("  that agree") {
          $0.particles.total < TextMeasures.minimumParticles ? "too few" : percentage($0.particles)
        })
    }
    return TextTable(rows + surprisalRows(), header: header).lines(width: width) + notes()
  }

  /// The rows of the surprisal: of the whole texts, and of the windows that a text reaches.
  private func surprisalRows() -> [[String]] {
    func row(_ label: String, _ parts: [TextSurprisal.Part], last: String = "") -> [String] {
      [label] + parts.map { $0.natsPerCharacter.map { number($0, 3) } ?? "too short" }
        + (validationNatsPerCharacter == nil && heldOut.isEmpty ? [] : [last])
    }
    var rows = [
      row(
        "surprisal, nats/char", groups.map(\.surprisal.whole),
        last: validationNatsPerCharacter.map { number($0, 3) } ?? "")
    ]
    for (index, start) in TextSurprisal.windowStarts.enumerated() {
      let parts = groups.map { $0.surprisal.windows[index] }
      guard index == 0 || parts.contains(where: { $0.texts > 0 }) else { break }
      rows.append(row("  characters \(start) to \(start + TextSurprisal.windowLength)", parts))
    }
    return rows
  }

  /// The longest copied runs, and what a reader must know of the figures.
  private func notes() -> [String] {
    var notes: [String] = []
    for group in groups {
      guard let run = TextMeasures(pooling: group.texts).longestRun else { continue }
      let place =
        groups.count > 1 ? " at temperature \(formatted(group.temperature, "%g"))" : ""
      notes.append("Longest copied run\(place): \"\(shortenedLine(run.text))\"")
    }
    if validationNatsPerCharacter != nil {
      notes.append("The surprisal at the held-out text is the validation loss.")
    }
    switch isTrainingText {
    case nil:
      notes.append(
        "New words and copies need the training text, which is not known: --copy-corpus <path>.")
    case false?:
      notes.append(
        "The corpus is not the text that the model was trained on: new words and copies are relative to all of it, and no part is held out."
      )
    case true?: break
    }
    return notes
  }

  /// Returns a share in percent; nil if there is nothing of which it would be a part.
  private func percentage(_ share: TextMeasures.Share?) -> String? {
    share?.value.map { number(100 * $0, 1) + " %" }
  }
}

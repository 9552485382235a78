import ArgumentParser
import Geul
import GeulCharts
import GeulCommandSupport

/// `geul novelty`: measures how much of a text is copied from a corpus.
struct NoveltyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "novelty",
    abstract: "Measure how much of a text is copied from a corpus.",
    usage: "geul novelty <text> <corpus> ... [<options>]",
    discussion: """
      geul generate korean -q -n 5000 | geul novelty - corpora/korean.txt

      The encodings are detected. --encoding states that of the text and of the corpus,
      and --corpus-encoding that of the corpus alone.
      """)

  @Argument(help: "Text file; - for standard input.", completion: .file())
  var text: String
  @Argument(help: "Text files or directories to compare with.", completion: .file())
  var corpus: [String]
  @OptionGroup var bytes: EncodingOptions
  @Option(
    help: .advanced("Encoding of the corpus, if it is not that of the text.", valueName: "encoding")
  )
  var corpusEncoding: String?
  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    guard ([text] + corpus).count(where: { $0 == "-" }) <= 1 else {
      throw ValidationError("Only one of the text and the corpus can be standard input.")
    }
  }

  private struct Result: Encodable {
    let characters: Int
    let longestRun: Run?
    let copied: [Share]
    let newNgrams: [Ngrams]
    let words: Int
    let newWords: [String]

    struct Run: Encodable {
      let characters: Int
      let text: String
      let textOffset: Int
      let textLine: Int
      let corpusOffset: Int
      let corpusLine: Int
    }

    struct Share: Encodable {
      let minimumLength: Int
      let share: Double
    }

    struct Ngrams: Encodable {
      let n: Int
      let new: Int
      let all: Int
    }
  }

  func run() throws {
    var options = Novelty.corpusOptions(encoding: bytes.encoding, invalid: bytes.invalid)
    let text = try readCorpus([text], options)
    options.encoding = corpusEncoding ?? bytes.encoding
    let novelty = try Novelty(of: text, in: corpusText(options))
    try json ? printJSON(novelty) : printTable(novelty)
  }

  private func corpusText(_ options: CorpusOptions) throws -> Corpus {
    do { return try readCorpus(corpus, options) } catch let error as TextError {
      guard case .unknownEncoding = error.reason, corpusEncoding != nil else { throw error }
      throw TextError(error.reason, in: "--corpus-encoding")
    }
  }

  private func printTable(_ novelty: Novelty) throws {
    func percent(_ part: Int, _ all: Int) -> String {
      all == 0 ? "none" : "\(number(100 * Double(part) / Double(all), 1)) %"
    }
    var lines = ["characters          \(novelty.count)"]
    if let run = novelty.longestRun {
      lines.append(
        "longest copied run  \(quantity(run.length, "character")), line \(run.textLine) of the text,"
          + " line \(run.corpusLine) of the corpus:")
      lines.append("  " + shortenedLine(run.text))
    } else {
      lines.append("longest copied run  none")
    }
    for copied in novelty.copiedShares {
      lines.append(
        "in copied runs of \(padded(copied.length, 3)) characters or more  "
          + "\(number(100 * copied.share, 1)) %")
    }
    for ngrams in novelty.newNgrams {
      lines.append(
        "new sequences of \(padded(ngrams.n, 2)) characters  "
          + percent(ngrams.newCount, ngrams.count))
    }
    let new = novelty.newWords
    lines.append("new words           \(new.count) of \(novelty.wordCount)")
    if !new.isEmpty {
      var seen: Set<String> = []
      let shown = new.filter { seen.insert($0).inserted }.prefix(12)
      let width = ChartOptions.terminal.width - 2
      lines += wrapped(shown.joined(separator: ", "), width: width).map { "  " + $0 }
    }
    try Output.text(lines.joined(separator: "\n") + "\n")
  }

  private func padded(_ number: Int, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - "\(number)".count)) + "\(number)"
  }

  private func printJSON(_ novelty: Novelty) throws {
    try Output.json(
      Result(
        characters: novelty.count,
        longestRun: novelty.longestRun.map {
          Result.Run(
            characters: $0.length, text: $0.text, textOffset: $0.textOffset, textLine: $0.textLine,
            corpusOffset: $0.corpusOffset, corpusLine: $0.corpusLine)
        },
        copied: novelty.copiedShares.map {
          Result.Share(minimumLength: $0.length, share: $0.share)
        },
        newNgrams: novelty.newNgrams.map {
          Result.Ngrams(n: $0.n, new: $0.newCount, all: $0.count)
        },
        words: novelty.wordCount, newWords: novelty.newWords))
  }
}

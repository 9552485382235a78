import ArgumentParser
import Geul

/// What to measure a network with, and how long.
struct BenchOptions: ParsableArguments {
  @Option(help: "Units of the vocabulary.")
  var vocabulary = 65
  @Option(help: "float32 or bfloat16.")
  var precision = Precision.float32
  @Option(help: "How long to measure.")
  var seconds = 6.0
  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    try check("--vocabulary", vocabulary, in: 2...50_000)
    try check("--seconds", seconds, in: 0.01...3600)
  }

  /// Prints how fast so many characters were, by the seconds of each repetition in order of length.
  ///
  /// `share` is what part of the machine's limit was reached, where that is known.
  func report(
    characters: Int, _ sorted: [Double], on kernels: Kernels, share: Double? = nil
  ) throws {
    let (median, best) = (Double(characters) / sorted.median, Double(characters) / sorted[0])
    guard !json else {
      return try Output.json(
        BenchResult(
          charsPerSecond: median, best: best, repetitions: sorted.count, shareOfLimit: share,
          instructionSet: kernels.instructionSet.rawValue))
    }
    let limit = share.map { ", \(number(100 * $0, 1)) % of the machine's limit" } ?? ""
    try Output.text("\(Int(median)) characters a second (best \(Int(best)))\(limit)\n")
  }
}

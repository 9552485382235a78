import ArgumentParser
import Foundation
import Geul
import Synchronization

/// `geul bench`: measures the speed of this machine.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the speed of training, generation, tokenization, and the peak FLOP rate.",
    subcommands: [BenchTrain.self, BenchGenerate.self, BenchTokenize.self, BenchPeak.self])
}

/// Returns the peak rate of multiply-adds per second on all threads together.
///
/// The rate is a quantile over half a second of repetitions: the median by default, because a
/// processor that was idle runs at a higher clock for a moment than it can sustain. A smaller
/// `quantile` of the times gives the rate of the fastest repetitions, for a machine whose other
/// load varies.
func peakRate(
  _ precision: Precision, _ kernels: Kernels, _ pool: ThreadPool, quantile: Double = 0.5
) -> Double {
  let vectors = 4_000_000
  let done = Atomic(0)
  let sorted = times(for: 0.5) {
    pool.run(pool.count) { _ in
      done.store(kernels.multiplyAdds(precision, count: vectors), ordering: .relaxed)
    }
  }
  return Double(done.load(ordering: .relaxed) * pool.count)
    / sorted[Int(quantile * Double(sorted.count - 1))]
}

/// `geul bench peak`: measures the peak FLOP rate.
struct BenchPeak: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peak", abstract: "Measure the peak FLOP rate of this machine.")

  @Flag(help: "Print the result as one JSON object.")
  var json = false
  @OptionGroup var machine: MachineOptions

  func run() throws {
    let (kernels, pool) = (try machine.kernels, machine.pool)
    var gigaflops: [String: Double] = [:]
    for precision in Precision.allCases {
      // A multiply-add counts as two operations.
      gigaflops[precision.rawValue] = 2e-9 * peakRate(precision, kernels, pool)
    }
    guard !json else {
      return try Output.json(
        BenchResult(gigaflops: gigaflops, instructionSet: kernels.instructionSet.rawValue))
    }
    for precision in Precision.allCases {
      try Output.text(
        "\(precision.rawValue): \(number(gigaflops[precision.rawValue] ?? 0, 1)) GFLOP/s,"
          + " \(quantity(pool.count, "thread")), \(kernels.instructionSet.rawValue)\n")
    }
  }
}

/// `geul bench tokenize`: measures tokenization of a file.
struct BenchTokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize", abstract: "Measure tokenization of a file on one core.")

  @Argument(help: "Text file.")
  var file: String
  @Option(help: "Token unit.")
  var unit = TokenUnit.grapheme
  @Option(help: "Duration of the measurement in seconds.")
  var seconds = 3.0
  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws { try check("--seconds", seconds, in: 0.01...3600) }

  func run() throws {
    let options = CorpusOptions(tokenizer: Tokenizer(unit: unit))
    var (tokens, bytes) = (0, 0)
    let sorted = try times(for: seconds) {
      let corpus = try Corpus.read([.path(file)], options: options)
      (tokens, bytes) = (corpus.count, corpus.byteCount)
    }
    let megabytes = Double(bytes) / sorted.median / 1e6
    let speed = Double(tokens) / sorted.median
    guard !json else {
      return try Output.json(
        BenchResult(
          charsPerSecond: speed, megabytesPerSecond: megabytes, repetitions: sorted.count))
    }
    try Output.text("\(number(megabytes, 1)) MB/s, \(Int(speed)) \(unit.shortName)s/s\n")
  }
}

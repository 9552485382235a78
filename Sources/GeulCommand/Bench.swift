import ArgumentParser
import Foundation
import Geul
import Synchronization

/// `geul bench`: how fast this machine is at what Geul does.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure speed: training, generation, tokenization, and the machine's limit.",
    subcommands: [BenchTrain.self, BenchGenerate.self, BenchTokenize.self, BenchPeak.self])
}

/// The limit of multiply-adds a second on all lanes at once.
///
/// It is a median, over half a second, since a processor that has rested is faster for a moment than it can stay;
/// or, for a machine whose neighbours may be busy now and not later, what another `share` of the times were below.
func measuredLimit(
  _ precision: Precision, _ kernels: Kernels, _ pool: ThreadPool, share: Double = 0.5
) -> Double {
  let vectors = 4_000_000
  let done = Atomic(0)
  let sorted = times(for: 0.5) {
    pool.run(pool.count) { _ in
      done.store(kernels.multiplyAdds(precision, count: vectors), ordering: .relaxed)
    }
  }
  return Double(done.load(ordering: .relaxed) * pool.count)
    / sorted[Int(share * Double(sorted.count - 1))]
}

/// `geul bench peak`: the most multiply-adds that this machine can do.
struct BenchPeak: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peak", abstract: "Measure this machine's limit of multiply-adds.")

  @Flag(help: "Print one JSON object.")
  var json = false
  @OptionGroup var machine: MachineOptions

  func run() throws {
    let (kernels, pool) = (try machine.kernels, machine.pool)
    var figures: [String: Double] = [:]
    for precision in Precision.allCases {
      figures[precision.rawValue] = 2e-9 * measuredLimit(precision, kernels, pool)
    }
    guard !json else {
      return try Output.json(
        BenchResult(gigaflops: figures, instructionSet: kernels.instructionSet.rawValue))
    }
    for precision in Precision.allCases {
      try Output.text(
        "\(precision.rawValue): \(number(figures[precision.rawValue] ?? 0, 1)) GFLOP/s on"
          + " \(pool.count) threads (\(kernels.instructionSet.rawValue))\n")
    }
  }
}

/// `geul bench tokenize`: from a file to token ids.
struct BenchTokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize", abstract: "Time the way from a file to token ids, on one core.")

  @Argument(help: "A text file.")
  var file: String
  @Option(help: "What a character is: grapheme, codepoint, jamo or byte.")
  var unit = TokenUnit.grapheme
  @Option(help: "How long to measure.")
  var seconds = 3.0
  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws { try check("--seconds", seconds, in: 0.01...3600) }

  func run() throws {
    let options = CorpusOptions(tokenizer: Tokenizer(unit: unit))
    var (units, bytes) = (0, 0)
    let sorted = try times(for: seconds) {
      let corpus = try Corpus.read([.path(file)], options: options)
      (units, bytes) = (corpus.count, corpus.byteCount)
    }
    let speed = Double(bytes) / sorted.median / 1e6
    guard !json else {
      return try Output.json(
        BenchResult(
          charsPerSecond: Double(units) / sorted.median, megabytesPerSecond: speed,
          repetitions: sorted.count))
    }
    try Output.text(
      "\(number(speed, 1)) MB/s, \(Int(Double(units) / sorted.median)) \(unit.rawValue)s a second\n"
    )
  }
}

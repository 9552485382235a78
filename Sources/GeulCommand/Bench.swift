import ArgumentParser
import Geul
import GeulCommandSupport
import PortableFoundation

/// `geul bench`: measures the speed of Geul on this machine.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure speed.",
    subcommands: [BenchTrain.self, BenchGenerate.self, BenchTokenize.self, BenchPeak.self])
}

/// `geul bench peak`: measures the peak throughput.
struct BenchPeak: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peak",
    abstract: "Measure the peak throughput of this machine: multiply-adds in each precision.")

  @Flag(help: "Print the result as one JSON object.")
  var json = false
  @OptionGroup var machine: MachineOptions

  func run() throws {
    let context = try machine.context
    var gigaflops: [String: Double] = [:]
    for precision in Precision.allCases {
      // A multiply-add counts as two operations.
      gigaflops[precision.rawValue] = 2e-9 * context.peakMultiplyAddsPerSecond(precision)
    }
    guard !json else {
      return try Output.json(
        BenchResult(gigaflops: gigaflops, instructionSet: context.instructionSet.rawValue))
    }
    for precision in Precision.allCases {
      try Output.text(
        "\(precision.rawValue): \(number(gigaflops[precision.rawValue] ?? 0, 1))"
          + " \(precision == .int8 ? "GOP/s" : "GFLOP/s"),"
          + " \(quantity(context.pool.count, "thread")), \(context.instructionSet.rawValue)\n")
    }
  }
}

/// `geul bench tokenize`: measures the speed of tokenization of a file.
struct BenchTokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Measure the speed of tokenization of a file with one thread.")

  @Argument(help: "Text file.", completion: .file())
  var file: String
  @Option(help: "Token unit.")
  var unit = TokenUnit.grapheme
  @Option(help: ArgumentHelp("Duration of the measurement in seconds.", valueName: "n"))
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
          tokensPerSecond: speed, megabytesPerSecond: megabytes, repetitions: sorted.count))
    }
    let rate = formatted(megabytes, "%.3g")
    try Output.text("\(rate) MB/s, \(Int(speed)) \(unit.pluralShortName)/s\n")
  }
}

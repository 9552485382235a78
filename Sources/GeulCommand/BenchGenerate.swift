import ArgumentParser
import Foundation
import Geul

/// `geul bench generate`: text from a network with random weights.
struct BenchGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Time generation: the network, the sampler, the decoder.",
    usage: "geul bench generate [<options>]")

  @Option(help: "How many layers.")
  var layers = 2
  @Option(help: "Units in a layer.")
  var hidden = 256
  @Option(help: "Units of the vocabulary.")
  var vocabulary = 65
  @Option(help: "Texts side by side.")
  var streams = 1
  @Option(help: "float32 or bfloat16.")
  var precision = Precision.float32
  @Option(help: "How long to measure.")
  var seconds = 6.0
  @Flag(help: "Print one JSON object.")
  var json = false
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    try check("--layers", layers, in: 1...64)
    try check("--hidden", hidden, in: 1...8192)
    try check("--vocabulary", vocabulary, in: 2...50_000)
    try check("--streams", streams, in: 1...4096)
    try check("--seconds", seconds, in: 0.01...3600)
  }

  func run() throws {
    let corpus = try randomCorpus(units: vocabulary, vocabulary)
    var random = RandomSource(seed: 1)
    let about = Model.About(
      model: Architecture(layers: layers, hidden: hidden), tokenizer: corpus.tokenizer,
      vocabulary: corpus.vocabulary)
    let network = Network(about.model, vocabulary: vocabulary)
    let model = Model(about, parameters: network.initialParameters(&random))
    let kernels = try machine.kernels
    let generator = Generator(model, precision: precision, kernels: kernels, lanes: machine.lanes)
    let length = 200
    var seed: UInt64 = 0
    let sorted = try times(for: seconds) {
      seed += 1
      try generator.write(
        Generator.Request(prompt: [0], length: length, seed: seed, samples: streams)
      ) { _, _ in true }
    }
    let characters = Double(length * streams)
    guard !json else {
      return try Output.json(
        BenchResult(
          charsPerSecond: characters / sorted.median, best: characters / sorted[0],
          repetitions: sorted.count, instructionSet: kernels.instructionSet.rawValue))
    }
    try Output.text(
      "\(Int(characters / sorted.median)) characters a second (best \(Int(characters / sorted[0])))\n"
    )
  }
}

import ArgumentParser
import Geul
import GeulCommandSupport
import PortableFoundation

/// `geul bench generate`: measures the speed of generation with random weights.
struct BenchGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Measure the speed of generation with random weights: network, sampler, detokenizer.",
    usage: "geul bench generate [<options>]")

  @OptionGroup var shape: BenchNetworkOptions
  @Option(help: ArgumentHelp("Number of sequences generated in parallel.", valueName: "n"))
  var sequences = 1
  @OptionGroup var bench: BenchOptions
  @OptionGroup var machine: MachineOptions

  func validate() throws { try check("--sequences", sequences, in: 1...4096) }

  func run() throws {
    let corpus = try randomCorpus(count: bench.vocabulary, vocabulary: bench.vocabulary)
    var random = SplitMix64(seed: 1)
    let metadata = Model.Metadata(
      architecture: shape.architecture, tokenizer: corpus.tokenizer,
      vocabulary: corpus.vocabulary)
    let network = Network(metadata.architecture, vocabulary: bench.vocabulary)
    let model = Model(metadata, parameters: network.initialParameters(&random))
    let context = try machine.context
    let generator = Generator(
      model, precision: bench.precision, context: context)
    let length = 200
    var seed: UInt64 = 0
    let sorted = try times(for: bench.seconds) {
      seed += 1
      try generator.write(
        Generator.Request(prompt: [0], length: length, seed: seed, samples: sequences)
      ) { _, _ in true }
    }
    var result = BenchResult(
      tokensPerRepetition: length * sequences, sortedSeconds: sorted, context: context)
    let multiplyAdds = Double(length * sequences) * Double(network.multiplyAdds)
    result.fractionOfPeak =
      multiplyAdds / sorted.median / context.peakMultiplyAddsPerSecond(bench.precision)
    try bench.report(result)
  }
}

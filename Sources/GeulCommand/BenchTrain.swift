import ArgumentParser
import Geul
import GeulCommandSupport
import PortableFoundation

/// `geul bench train`: measures the speed of complete training steps on random tokens.
struct BenchTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract:
      "Measure the speed of training steps: forward, loss, backward, clipping, optimizer, packing.",
    usage: "geul bench train [<options>]")

  @OptionGroup var shape: BenchNetworkOptions
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Sequences per batch.", valueName: "n"))
  var batch = TrainingConfiguration().batch
  @Option(
    help: ArgumentHelp(
      "Tokens per sequence, over which gradients are backpropagated.", valueName: "n"))
  var length = TrainingConfiguration().length
  @Option(help: "Optimizer for weight matrices; geul train uses muon by default.")
  var optimizer = Optimizer.Kind.adamw
  @OptionGroup var bench: BenchOptions
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    try check("--batch", batch, in: 1...4096)
    try check("--length", length, in: 1...4096)
    guard Precision.trainable.contains(bench.precision) else {
      throw ValidationError(
        "--precision int8 is for inference only; train with float32 or bfloat16.")
    }
  }

  func run() throws {
    let ranks = try Ranks()
    defer { ranks.leave() }
    let context = try machine.context
    var configuration = TrainingConfiguration()
    configuration.architecture = shape.architecture
    (configuration.batch, configuration.length) = (batch, length)
    (configuration.optimizerKind, configuration.precision) = (optimizer, bench.precision)
    let tokens = batch * length
    let corpus = try randomCorpus(
      count: max(bench.vocabulary, 4 * tokens) + 2, vocabulary: bench.vocabulary)
    var trainer = Trainer(
      configuration, vocabulary: bench.vocabulary, tokenCount: corpus.count, context: context,
      communicator: ranks.communicator)
    guard ranks.communicator.rank == 0 else { return trainer.follow(corpus, validation: nil) }
    defer { trainer.finish() }
    for _ in 0..<3 { _ = trainer.step(corpus, of: nil) }
    let before = trainer.timings
    let sorted = times(for: bench.seconds) { _ = trainer.step(corpus, of: nil) }
    let peak = context.peakMultiplyAddsPerSecond(bench.precision)
    let rate = multiplyAdds.total * Double(tokens) / sorted.median
    var result = BenchResult(tokensPerRepetition: tokens, sortedSeconds: sorted, context: context)
    result.fractionOfPeak = rate / peak
    result.phases = phases(
      from: before, to: trainer.timings,
      tokens: tokens * sorted.count, peak: peak, ranks: ranks.communicator.count)
    try bench.report(result)
  }

  /// Returns the fraction of the time and of the peak rate of each phase between two readings of the timings.
  private func phases(
    from before: StepTimings, to after: StepTimings, tokens: Int, peak: Double, ranks: Int
  ) -> [BenchResult.Phase] {
    let total = after.total - before.total
    let multiplyAdds = multiplyAdds
    let phases: [(name: String, phase: KeyPath<StepTimings, Double>, multiplyAdds: Double)] =
      [
        ("forward", \.forward, multiplyAdds.forward),
        ("backward", \.backward, multiplyAdds.backward),
        ("weight gradients", \.weightGradients, multiplyAdds.weightGradients),
      ] + (ranks > 1 ? [("communication", \.communication, 0)] : [])
      + [("optimizer", \.optimizer, 0), ("packing", \.packing, 0)]
    return phases.map { name, phase, multiplyAdds in
      let seconds = after[keyPath: phase] - before[keyPath: phase]
      return BenchResult.Phase(
        name: name, fractionOfTime: seconds / total,
        fractionOfPeak: multiplyAdds > 0 ? multiplyAdds * Double(tokens) / seconds / peak : nil)
    }
  }

  /// The multiply-adds per token: each matrix takes part in the forward pass, the backward pass and its gradient.
  private var multiplyAdds:
    (forward: Double, backward: Double, weightGradients: Double, total: Double)
  {
    let network = Network(shape.architecture, vocabulary: bench.vocabulary)
    let matrices = Double(network.multiplyAdds)
    // Truncated backpropagation propagates no gradient beyond the first step of a sequence.
    let recurrent = network.layers.reduce(0) { $0 + $1.recurrent.parameterCount }
    let truncated = Double(recurrent) / Double(length)
    return (matrices, matrices - truncated, matrices, 3 * matrices - truncated)
  }
}

/// Returns a corpus of `count` random tokens in which each token of the vocabulary occurs.
func randomCorpus(count: Int, vocabulary: Int) throws -> Corpus {
  var random = SplitMix64(seed: 7)
  var text = String.UnicodeScalarView()
  for index in 0..<count {
    let id = index < vocabulary ? index : Int(random.next() % UInt64(vocabulary))
    if let scalar = Unicode.Scalar(UInt32(0x10000 + id)) { text.append(scalar) }
  }
  return try Corpus.read(
    [.text(String(text))],
    options: CorpusOptions(tokenizer: Tokenizer(unit: .codepoint, normalization: .none)))
}

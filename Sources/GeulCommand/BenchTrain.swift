import ArgumentParser
import Foundation
import Geul

/// `geul bench train`: whole steps on random tokens.
struct BenchTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Time whole training steps: forward, loss, backward, clipping, optimizer, packing.",
    usage: "geul bench train [<options>]")

  @OptionGroup var shape: NetworkOptions
  @OptionGroup var window: WindowOptions
  @Option(
    help: "How matrices are moved: adamw, as PyTorch's programs do, or muon, as geul train does.")
  var optimizer = TrainingConfiguration.Optimizer.adamw
  @OptionGroup var bench: BenchOptions
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    guard Precision.trained.contains(bench.precision) else {
      throw ValidationError(
        "--precision int8 is for reading alone; train with float32 or bfloat16.")
    }
  }

  func run() throws {
    let (kernels, pool) = (try machine.kernels, machine.pool)
    var settings = TrainingConfiguration()
    settings.architecture = shape.architecture
    (settings.batch, settings.length) = window.sizes
    (settings.optimizer, settings.precision) = (optimizer, bench.precision)
    let characters = settings.batch * settings.length
    let corpus = try randomCorpus(
      units: max(bench.vocabulary, 4 * characters) + 2, bench.vocabulary)
    var trainer = Trainer(
      settings, vocabulary: bench.vocabulary, units: corpus.count, kernels: kernels, pool: pool)
    for _ in 0..<3 { _ = trainer.step(corpus, of: nil) }
    let before = trainer.phases
    let sorted = times(for: bench.seconds) { _ = trainer.step(corpus, of: nil) }
    let limit = measuredLimit(bench.precision, kernels, pool)
    let reached = multiplyAdds.total * Double(characters) / sorted.median
    var result = BenchResult(characters: characters, sorted, on: kernels)
    result.shareOfLimit = reached / limit
    result.phases = phases(
      from: before, to: trainer.phases,
      characters: characters * sorted.count, limit: limit)
    try bench.report(result)
  }

  /// What each phase took of the time, and what it reached of the limit.
  private func phases(
    from before: StepTimings, to after: StepTimings, characters: Int, limit: Double
  ) -> [BenchResult.Phase] {
    let total = after.total - before.total
    let work = multiplyAdds
    return [
      ("forward", \.forward, work.forward), ("backward", \.backward, work.backward),
      ("weight gradients", \.weightGradients, work.weightGradients),
      ("optimizer", \.optimizer, 0), ("packing", \.packing, 0),
    ].map { (name: String, phase: KeyPath<StepTimings, Double>, work: Double) in
      let seconds = after[keyPath: phase] - before[keyPath: phase]
      return BenchResult.Phase(
        name: name, share: seconds / total,
        shareOfLimit: work > 0 ? work * Double(characters) / seconds / limit : nil)
    }
  }

  /// What one character costs: each matrix is multiplied forward, back, and for its gradient.
  private var multiplyAdds:
    (forward: Double, backward: Double, weightGradients: Double, total: Double)
  {
    let network = Network(shape.architecture, vocabulary: bench.vocabulary)
    let matrices = network.multiplyAdds
    // No gradient goes back beyond a window's first step.
    let recurrent = network.layers.reduce(0) { $0 + $1.recurrent.parameterCount }
    let cut = Double(recurrent) / Double(window.sizes.length)
    return (matrices, matrices - cut, matrices, 3 * matrices - cut)
  }
}

extension Network {
  /// How many multiply-adds reading one character takes.
  ///
  /// The first layer's input is looked up.
  var multiplyAdds: Double {
    let ofLayers = layers.reduce(0) {
      $0 + $1.recurrent.parameterCount + ($1.readsTokens ? 0 : $1.input.parameterCount)
    }
    return Double(ofLayers + decoder.parameterCount)
  }
}

/// A text of random characters, each of `vocabulary` at least once.
func randomCorpus(units: Int, _ vocabulary: Int) throws -> Corpus {
  var random = SplitMix64(seed: 7)
  var text = String.UnicodeScalarView()
  for place in 0..<units {
    let id = place < vocabulary ? place : Int(random.next() % UInt64(vocabulary))
    if let scalar = Unicode.Scalar(UInt32(0x10000 + id)) { text.append(scalar) }
  }
  return try Corpus.read(
    [.text(String(text))],
    options: CorpusOptions(tokenizer: Tokenizer(unit: .codepoint, normalization: .none)))
}

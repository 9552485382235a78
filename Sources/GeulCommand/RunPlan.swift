import Foundation
import Geul

/// The plan of a run: its size, memory and estimated duration.
struct RunPlan {
  let configuration: TrainingConfiguration
  let corpus: Corpus
  let budget: Budget
  let kernels: Kernels
  let pool: ThreadPool

  /// The network to train.
  var network: Network {
    Network(configuration.architecture, vocabulary: corpus.vocabulary.count)
  }

  /// The number of tokens for training.
  var trainingTokens: Int { TrainingRun.trainingUnits(of: corpus, configuration) }

  var memory: MemoryPlan {
    MemoryPlan(
      configuration, vocabulary: corpus.vocabulary.count, units: corpus.count, pool: pool.count)
  }

  /// Throws if training needs more memory than this process may use, before the system kills it.
  func checkMemory() throws {
    let (memory, available) = (memory, MachineMemory.limit)
    guard memory.total > available else { return }
    var remedies = ["a smaller --hidden", "fewer --layers"]
    if memory.window + memory.passing > memory.parameters {
      remedies = ["a smaller --batch or --length"] + remedies
    }
    if isMostlyVocabulary { remedies = ["--min-count 2 or another --unit"] + remedies }
    throw CommandError(
      "Training a model of \(network.layout.parameterCount) parameters takes about \(bytes(memory.total)) of memory,"
        + " and \(bytes(available)) are available. Choose \(remedies.joined(separator: ", or "))."
    )
  }

  /// Indicates whether most parameters belong to the embedding and the output projection.
  private var isMostlyVocabulary: Bool {
    let count = network.layers[0].input.parameterCount + network.decoder.parameterCount
    return corpus.vocabulary.count > 5000 && 2 * count > network.layout.parameterCount
  }

  /// Advice for a vocabulary that is too large for the text; nil otherwise.
  var vocabularyAdvice: String? {
    guard isMostlyVocabulary else { return nil }
    return
      "Most parameters belong to the vocabulary of \(corpus.vocabulary.count) tokens. --min-count 2 maps rare tokens to one"
      + " unknown token; --unit jamo or byte has a much smaller vocabulary."
  }

  /// Measures the speed for the given number of seconds and returns the plan with estimates.
  func measured(for seconds: Double = 2) -> Measured {
    var trainer = Trainer(
      configuration, vocabulary: corpus.vocabulary.count, units: trainingTokens, kernels: kernels,
      pool: pool)
    _ = trainer.step(corpus, of: nil)  // The first step touches all memory for the first time.
    let step = times(for: seconds) { _ = trainer.step(corpus, of: nil) }.median
    let perEpoch = trainer.windows.count
    let steps = budget.steps(per: perEpoch, stepSeconds: step)
    return Measured(
      self, charsPerSecond: Double(configuration.batch * configuration.length) / step,
      secondsPerEpoch: step * Double(perEpoch), steps: steps,
      epochs: Double(steps) / Double(perEpoch), seconds: step * Double(steps))
  }

  /// A plan with the measured speed.
  struct Measured: Encodable {
    let tokens: Int
    let trainingTokens: Int
    let vocabulary: Int
    let cell: String
    let layers: Int
    let hidden: Int
    let parameters: Int
    let dropout: Float
    let batch: Int
    let length: Int
    let precision: String
    let threads: Int
    let memoryBytes: Int
    let machineBytes: Int
    let charsPerSecond: Double
    let secondsPerEpoch: Double
    let steps: Int
    let epochs: Double
    let seconds: Double
    let advice: [String]

    enum CodingKeys: String, CodingKey {
      case vocabulary, cell, layers, hidden, parameters, dropout, batch, length, precision, threads
      case memoryBytes, machineBytes, charsPerSecond, secondsPerEpoch, steps, epochs, seconds
      case advice
      case tokens = "units"
      case trainingTokens = "trainingUnits"
    }

    init(
      _ plan: RunPlan, charsPerSecond: Double, secondsPerEpoch: Double, steps: Int, epochs: Double,
      seconds: Double
    ) {
      let configuration = plan.configuration
      let architecture = configuration.architecture
      tokens = plan.corpus.count
      trainingTokens = plan.trainingTokens
      vocabulary = plan.corpus.vocabulary.count
      cell = architecture.cell.rawValue
      (layers, hidden) = (architecture.layers, architecture.hidden)
      parameters = plan.network.layout.parameterCount
      (dropout, batch, length) = (configuration.dropout, configuration.batch, configuration.length)
      precision = configuration.precision.rawValue
      threads = plan.pool.count
      (memoryBytes, machineBytes) = (plan.memory.total, MachineMemory.limit)
      self.charsPerSecond = charsPerSecond
      self.secondsPerEpoch = secondsPerEpoch
      (self.steps, self.epochs, self.seconds) = (steps, epochs, seconds)
      advice =
        Self.advice(tokens: trainingTokens, epochs: epochs, secondsPerEpoch: secondsPerEpoch)
        + [plan.vocabularyAdvice].compactMap(\.self)
    }

    /// Returns advice on the size of the text and the number of epochs.
    private static func advice(
      tokens: Int, epochs: Double, secondsPerEpoch: Double
    ) -> [String] {
      var advice: [String] = []
      switch tokens {
      case ..<20_000:
        advice.append(
          "The text is very small: the model will learn spelling and memorize phrases. Use 100,000 characters or more."
        )
      case ..<300_000:
        advice.append(
          "The text is small: the model will learn words and style. Whole sentences take about a million characters."
        )
      default: break
      }
      if epochs < 1 {
        advice.append(
          "The run covers only \(Int((epochs * 100).rounded())) % of the text. One epoch (--epochs 1) takes"
            + " \(duration(secondsPerEpoch))."
        )
      } else if epochs > 60, tokens < 300_000 {
        advice.append(
          "With this many epochs of a small text the model will overfit; early stopping will end the run."
        )
      }
      return advice
    }

    /// The plan as lines of text.
    var lines: [String] {
      [
        "tokens       \(tokens), \(trainingTokens) for training; vocabulary \(vocabulary)",
        "model        \(layers) x \(hidden) \(cell), \(parameters) parameters, dropout \(number(Double(dropout), 1))",
        "batch        \(batch) sequences of \(length) tokens, \(precision), \(quantity(threads, "thread"))",
        "memory       \(bytes(memoryBytes)) peak, \(bytes(machineBytes)) available",
        "speed        \(compact(charsPerSecond)) chars/s (measured)",
        "epoch        \(secondsPerEpoch < 10 ? number(secondsPerEpoch, 1) + " s" : duration(secondsPerEpoch))",
        "run          \(quantity(steps, "step")), \(number(epochs, 2)) epochs, \(duration(seconds))",
      ] + advice.map { "advice       \($0)" }
    }
  }
}

extension Budget {
  /// Returns the number of steps of a run in which one step takes `stepSeconds`.
  fileprivate func steps(per epoch: Int, stepSeconds: Double) -> Int {
    let limit = limit(per: epoch) ?? .max
    // Evaluations and checkpoints take about a tenth of the time.
    return max(1, min(limit, seconds.map { Int($0 * 0.9 / stepSeconds) } ?? limit))
  }
}

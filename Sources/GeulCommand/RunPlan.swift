import Foundation
import Geul

/// What a run will be, told before it begins.
struct RunPlan {
  let settings: TrainingConfiguration
  let corpus: Corpus
  let budget: Budget
  let kernels: Kernels
  let pool: ThreadPool

  /// The network that is trained.
  var network: Network { Network(settings.architecture, vocabulary: corpus.vocabulary.count) }

  /// How many units are for training.
  var units: Int { TrainingRun.trainingUnits(of: corpus, settings) }

  var memory: MemoryPlan {
    MemoryPlan(
      settings, vocabulary: corpus.vocabulary.count, units: corpus.count, pool: pool.count)
  }

  /// Refuses what this machine has no room for, before the system ends the process for it.
  func checkMemory() throws {
    let (memory, room) = (memory, MachineMemory.limit)
    guard memory.total > room else { return }
    var remedies = ["a smaller --hidden", "fewer --layers"]
    if memory.window + memory.passing > memory.parameters {
      remedies = ["a smaller --batch or --length"] + remedies
    }
    if isMostlyVocabulary { remedies = ["--min-count 2 or another --unit"] + remedies }
    throw CommandError(
      "A network of \(network.layout.parameterCount) parameters takes about \(bytes(memory.total)) to"
        + " train, and here are \(bytes(room)). Choose \(remedies.joined(separator: ", or "))."
    )
  }

  /// Whether it is not the recurrent layers that make the network large.
  private var isMostlyVocabulary: Bool {
    let ofVocabulary = network.layers[0].input.parameterCount + network.decoder.parameterCount
    return corpus.vocabulary.count > 5000 && 2 * ofVocabulary > network.layout.parameterCount
  }

  /// What there is to say of the vocabulary: nil where it suits the text.
  var vocabularyAdvice: String? {
    guard isMostlyVocabulary else { return nil }
    return
      "Most of this network are the \(corpus.vocabulary.count) different units of the text:"
      + " --min-count 2 folds the rarest into one, and --unit jamo or byte needs far fewer."
  }

  /// The plan, with the speed that a trial of so many seconds reaches.
  func tried(for seconds: Double = 2) -> Tried {
    var trainer = Trainer(
      settings, vocabulary: corpus.vocabulary.count, units: units, kernels: kernels, pool: pool)
    _ = trainer.step(corpus, of: nil)  // the first touches all memory
    let step = times(for: seconds) { _ = trainer.step(corpus, of: nil) }.median
    let perEpoch = trainer.windows.count
    let steps = budget.steps(per: perEpoch, stepSeconds: step)
    return Tried(
      self, charsPerSecond: Double(settings.batch * settings.length) / step,
      secondsPerEpoch: step * Double(perEpoch), steps: steps,
      epochs: Double(steps) / Double(perEpoch), seconds: step * Double(steps))
  }

  /// A plan with what a trial has shown.
  struct Tried: Encodable {
    let units: Int
    let trainingUnits: Int
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

    init(
      _ plan: RunPlan, charsPerSecond: Double, secondsPerEpoch: Double, steps: Int, epochs: Double,
      seconds: Double
    ) {
      let settings = plan.settings
      units = plan.corpus.count
      trainingUnits = plan.units
      vocabulary = plan.corpus.vocabulary.count
      cell = settings.architecture.cell.rawValue
      (layers, hidden) = (settings.architecture.layers, settings.architecture.hidden)
      parameters = plan.network.layout.parameterCount
      (dropout, batch, length) = (settings.dropout, settings.batch, settings.length)
      precision = settings.precision.rawValue
      threads = plan.pool.count
      (memoryBytes, machineBytes) = (plan.memory.total, MachineMemory.limit)
      self.charsPerSecond = charsPerSecond
      self.secondsPerEpoch = secondsPerEpoch
      (self.steps, self.epochs, self.seconds) = (steps, epochs, seconds)
      advice =
        Self.advice(units: trainingUnits, epochs: epochs, secondsPerEpoch: secondsPerEpoch)
        + [plan.vocabularyAdvice].compactMap(\.self)
    }

    /// What suits a text of this size, and the time there is.
    private static func advice(units: Int, epochs: Double, secondsPerEpoch: Double) -> [String] {
      var advice: [String] = []
      switch units {
      case ..<20_000:
        advice.append(
          "This text is very small: it teaches spelling and some phrases by heart. 100,000 characters are a beginning."
        )
      case ..<300_000:
        advice.append(
          "This text is small: it teaches words and a manner. A million characters teach whole sentences."
        )
      default: break
      }
      if epochs < 1 {
        advice.append(
          "This run reads only \(Int((epochs * 100).rounded())) % of the text. To read it once takes \(duration(secondsPerEpoch))"
            + " (--epochs 1)."
        )
      } else if epochs > 60, units < 300_000 {
        advice.append(
          "So many times through a small text are soon known by heart; the run ends early when what is held out gains no more."
        )
      }
      return advice
    }

    /// What a person reads.
    var lines: [String] {
      [
        "text         \(units) units, \(vocabulary) different; \(trainingUnits) to learn from",
        "network      \(layers) x \(hidden) \(cell), \(parameters) parameters, dropout \(number(Double(dropout), 1))",
        "a step       \(batch) streams of \(length) units, \(precision), \(counted(threads, "thread"))",
        "memory       \(bytes(memoryBytes)) at the peak, of \(bytes(machineBytes))",
        "speed        \(Int(charsPerSecond)) characters a second in a trial",
        "an epoch     \(secondsPerEpoch < 10 ? number(secondsPerEpoch, 1) + " s" : duration(secondsPerEpoch))",
        "this run     \(counted(steps, "step")), \(number(epochs, 2)) times through the text, \(duration(seconds))",
      ] + advice.map { "advice       \($0)" }
    }
  }
}

extension Budget {
  /// How many steps a run has if one takes so long.
  fileprivate func steps(per epoch: Int, stepSeconds: Double) -> Int {
    let most = limit(per: epoch) ?? .max
    // Scores and saves take the rest of the time.
    return max(1, min(most, seconds.map { Int($0 * 0.9 / stepSeconds) } ?? most))
  }
}

import Geul
import GeulCommandSupport
import PortableFoundation

/// The description of a training plan.
struct PlanReport {
  let plan: TrainingPlan

  init(_ plan: TrainingPlan) { self.plan = plan }

  /// One line on the text, the network, the arithmetic and the memory.
  var summary: String {
    let (configuration, architecture) = (plan.configuration, plan.configuration.architecture)
    let items = plan.corpus.list.map { quantity($0.count, "item") + ", " } ?? ""
    return items
      + "\(quantity(plan.corpus.count, "token")), vocabulary \(plan.corpus.vocabulary.count);"
      + " \(architecture.layers) x \(architecture.hidden) \(architecture.cell.rawValue),"
      + " \(plan.network.layout.parameterCount) parameters;"
      + " \(configuration.precision.rawValue) on \(plan.context.instructionSet.rawValue),"
      + " \(threads), seed \(configuration.seed);"
      + " \(byteDescription(plan.memory.total)) of memory\(plan.ranks > 1 ? " per process" : "")."
  }

  private var threads: String { Self.threads(plan.context.pool.count, ranks: plan.ranks) }

  fileprivate static func threads(_ count: Int, ranks: Int) -> String {
    (ranks > 1 ? "\(ranks) processes with " : "") + quantity(count, "thread")
  }

  /// Advice for a vocabulary that is too large for the text; nil otherwise.
  var vocabularyAdvice: String? {
    guard plan.isMostlyVocabulary else { return nil }
    return
      "Most parameters belong to the vocabulary of \(plan.corpus.vocabulary.count) tokens. --min-count 2 maps rare tokens to one"
      + " unknown token; --unit jamo or byte has a much smaller vocabulary."
  }

  /// Measures the training speed, and prints the plan with the estimated duration.
  func print(json: Bool, _ group: ProcessGroup) throws {
    let estimated = Estimated(plan, try plan.estimate(group: group), vocabularyAdvice)
    guard !json else { return try Output.json(estimated) }
    try Output.text(estimated.lines.joined(separator: "\n") + "\n")
  }

  /// A plan with its estimated duration.
  private struct Estimated: Encodable {
    let tokens: Int
    let trainingTokens: Int
    let vocabulary: Int
    let cell: String
    let layers: Int
    let hidden: Int
    let parameters: Int
    let dropout: Float
    let teachers: Int
    let teacherWeight: Float
    let batch: Int
    let length: Int
    let precision: String
    let threads: Int
    let processes: Int
    let memoryBytes: Int
    let machineBytes: Int
    let charsPerSecond: Double
    let secondsPerEpoch: Double
    let steps: Int
    let epochs: Double
    let seconds: Double
    let advice: [String]
    private let unit: TokenUnit

    enum CodingKeys: String, CodingKey {
      case vocabulary, cell, layers, hidden, parameters, dropout, teachers, teacherWeight
      case batch, length, precision, threads
      case processes
      case memoryBytes, machineBytes, charsPerSecond, secondsPerEpoch, steps, epochs, seconds
      case advice
      case tokens = "units"
      case trainingTokens = "trainingUnits"
    }

    init(_ plan: TrainingPlan, _ estimate: TrainingPlan.Estimate, _ vocabularyAdvice: String?) {
      let configuration = plan.configuration
      let architecture = configuration.architecture
      tokens = plan.corpus.count
      unit = plan.corpus.tokenizer.unit
      trainingTokens = plan.trainingTokenCount
      vocabulary = plan.corpus.vocabulary.count
      cell = architecture.cell.rawValue
      (layers, hidden) = (architecture.layers, architecture.hidden)
      parameters = plan.network.layout.parameterCount
      (dropout, batch, length) = (configuration.dropout, configuration.batch, configuration.length)
      (teachers, teacherWeight) = (plan.teachers.count, configuration.teacherWeight)
      precision = configuration.precision.rawValue
      (threads, processes) = (plan.context.pool.count, plan.ranks)
      (memoryBytes, machineBytes) = (plan.memory.total, MachineMemory.limit)
      charsPerSecond = estimate.tokensPerSecond
      secondsPerEpoch = estimate.secondsPerEpoch
      (steps, epochs, seconds) = (estimate.steps, estimate.epochs, estimate.seconds)
      advice =
        Self.advice(
          tokens: trainingTokens, unit: unit, epochs: estimate.epochs,
          secondsPerEpoch: estimate.secondsPerEpoch)
        + [vocabularyAdvice].compactMap(\.self)
    }

    /// Returns advice on the size of the text and the number of epochs.
    private static func advice(
      tokens: Int, unit: TokenUnit, epochs: Double, secondsPerEpoch: Double
    ) -> [String] {
      var advice: [String] = []
      switch tokens {
      case ..<20_000:
        advice.append(
          "The text is very small: the model will learn spelling and memorize phrases. Use 100,000 \(unit.pluralNoun) or more."
        )
      case ..<300_000:
        advice.append(
          "The text is small: the model will learn words and style. Learning to form whole sentences takes about a million \(unit.pluralNoun) of text."
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

    private var teacherLines: [String] {
      teachers == 0 ? [] : ["teachers     \(teachers), weight \(number(Double(teacherWeight), 2))"]
    }

    /// The plan as lines of text.
    var lines: [String] {
      [
        "tokens       \(tokens), \(trainingTokens) for training; vocabulary \(vocabulary)",
        "model        \(layers) x \(hidden) \(cell), \(parameters) parameters, dropout \(number(Double(dropout), 1))",
      ] + teacherLines + [
        "batch        \(batch) sequences of \(length) tokens, \(precision), \(PlanReport.threads(threads, ranks: processes))",
        "memory       \(byteDescription(memoryBytes)) peak\(processes > 1 ? " per process" : ""), \(byteDescription(machineBytes)) available",
        "speed        \(compact(charsPerSecond)) \(unit.pluralShortName)/s (measured)",
        "epoch        \(secondsPerEpoch < 10 ? number(secondsPerEpoch, 1) + " s" : duration(secondsPerEpoch))",
        "run          \(quantity(steps, "step")), \(number(epochs, 2)) epochs, \(duration(seconds))",
      ] + advice.map { "advice       \($0)" }
    }
  }
}

import Geul
import GeulCommandSupport
import PortableFoundation

/// The JSON object of `report --json`.
struct ReportData: Encodable {
  let configuration: Configuration
  /// The evaluations, oldest first.
  let history: [Evaluation]
  let results: Results

  struct Configuration: Encodable {
    let text: [String]
    @OrNull var validationFile: String?
    let unit: TokenUnit
    let normalization: NormalForm
    let minCount: Int
    let trainingTokens: Int
    let vocabulary: Int
    let cell: CellKind
    let activation: Activation
    let layers: Int
    let hidden: Int
    let parameters: Int
    let batch: Int
    let length: Int
    let precision: Precision
    let optimizer: Optimizer.Kind
    let learningRate: Float
    let warmupSteps: Int
    let emaDecay: Float
    let weightDecay: Float
    let gradClip: Float
    let dropout: Float
    let teachers: Int
    let teacherWeight: Float
    let patience: Int
    let validation: Double
    let seed: UInt64
    @OrNull var totalSteps: Int?

    init(_ state: RunState, _ model: Model) {
      let (configuration, architecture) = (state.configuration, state.configuration.architecture)
      text = state.text.sources
      validationFile = state.text.validationSource
      unit = model.metadata.tokenizer.unit
      normalization = model.metadata.tokenizer.normalization
      minCount = state.text.minimumCount
      trainingTokens = state.batcher.tokenCount
      vocabulary = model.metadata.vocabulary.count
      (cell, activation) = (architecture.cell, architecture.activation)
      (layers, hidden) = (architecture.layers, architecture.hidden)
      parameters = model.network.layout.parameterCount
      (batch, length) = (configuration.batch, configuration.length)
      (precision, optimizer) = (configuration.precision, configuration.optimizerKind)
      (learningRate, warmupSteps) = (configuration.schedule.peak, configuration.schedule.warmup)
      emaDecay = configuration.emaDecay
      (teachers, teacherWeight) = (state.teachers.count, configuration.teacherWeight)
      (weightDecay, gradClip) = (configuration.weightDecay, configuration.gradientClip)
      (dropout, patience) = (configuration.dropout, configuration.patience)
      validation = configuration.validationFraction
      seed = configuration.seed
      totalSteps = state.totalSteps
    }
  }

  /// The losses at an evaluation, in nats per token.
  struct Evaluation: Encodable {
    let step: Int
    let trainNats: Double
    @OrNull var validationNats: Double?
  }

  struct Results: Encodable {
    let steps: Int
    let epochs: Double
    @OrNull var bestStep: Int?
    @OrNull var validationNats: Double?
    @OrNull var bitsPerByte: Double?
    @OrNull var unigramNats: Double?
    @OrNull var trigramNats: Double?
    /// The median training speed in tokens/s.
    let charsPerSecond: Double
    /// The learning-rate scale: 1, halved by each rollback.
    let learningRateScale: Float
  }
}

/// `metrics.jsonl` as comma-separated values: one row for each line, one column for each key.
struct MetricsTable {
  /// The text of the table.
  let csv: String

  /// The first columns; other keys follow in alphabetical order.
  private static let columns = [
    "step", "total_steps", "epoch", "train_nats", "validation_nats", "learning_rate",
    "gradient_norm", "chars_per_second", "seconds", "seconds_left",
  ]

  /// Reads a file with one JSON object in each line; incomplete lines are skipped.
  init(contentsOf path: String) {
    let objects = JSONLinesFile(path).values([String: Value].self)
    let others = Set(objects.flatMap(\.keys)).subtracting(Self.columns).sorted()
    let columns = Self.columns + others
    let rows = objects.map { object in columns.map { object[$0]?.text ?? "" } }
    csv = ([columns] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
  }

  /// A number, a string, a Boolean value or null.
  private struct Value: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        text = ""
      } else if let value = try? container.decode(Bool.self) {
        text = "\(value)"
      } else if let value = try? container.decode(Int.self) {
        text = "\(value)"
      } else if let value = try? container.decode(Double.self) {
        text = "\(value)"
      } else {
        let value = try container.decode(String.self)
        text = "\"\(value.replacing("\"", with: "\"\""))\""
      }
    }
  }
}

internal import GeulStorage

/// A text that a model generated during training: one line of JSON in `samples.jsonl`.
public struct Sample: Codable, Sendable, Equatable {
  /// The number of completed steps.
  public var step: Int
  /// The number of epochs.
  public var epoch: Double
  /// The text.
  public var text: String

  /// Creates a sample.
  public init(step: Int, epoch: Double, text: String) {
    self.step = step
    self.epoch = epoch
    self.text = text
  }
}

extension RunFolder {
  /// The path of the samples.
  public var samplesPath: String { "\(path)/samples.jsonl" }

  /// Reads the samples in the order of their steps; if a step was repeated after a crash, only its last sample.
  public func samples() -> [Sample] {
    let samples = JSONLinesFile(samplesPath).values(Sample.self)
    return Dictionary(samples.map { ($0.step, $0) }) { _, last in last }
      .values.sorted { $0.step < $1.step }
  }

  /// Appends a sample; one that cannot be written does not stop training.
  public func append(_ sample: Sample) { try? JSONLinesFile(samplesPath).append(sample) }

  /// Reads the metrics in the order of their steps; lines that cannot be decoded are skipped.
  public func metrics() -> [TrainingLoop.Progress] {
    JSONLinesFile(metricsPath, usesSnakeCase: true).values(TrainingLoop.Progress.self)
      .sorted { $0.step < $1.step }
  }
}

internal import GeulStorage

/// A text that a model generated during training: one line of JSON in `samples.jsonl`.
public struct Sample: Codable, Sendable, Equatable {
  /// The number of steps made.
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

  /// Reads the samples in the order of their steps; of a step that was made twice, after a crash, the last.
  public func samples() -> [Sample] {
    let samples = JSONLinesFile(samplesPath).values(Sample.self)
    return Dictionary(samples.map { ($0.step, $0) }) { _, last in last }
      .values.sorted { $0.step < $1.step }
  }

  /// Appends a sample; one that cannot be written does not stop training.
  public func append(_ sample: Sample) { try? JSONLinesFile(samplesPath).append(sample) }

  /// Reads the metrics in the order of their steps; lines that cannot be read are left out.
  public func metrics() -> [TrainingRun.Progress] {
    JSONLinesFile(metricsPath, usesSnakeCase: true).values(TrainingRun.Progress.self)
      .sorted { $0.step < $1.step }
  }
}

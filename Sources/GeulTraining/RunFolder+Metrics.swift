internal import Foundation

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
    let text = FileManager.default.contents(atPath: samplesPath) ?? Data()
    var samples: [Int: Sample] = [:]
    for line in text.split(separator: 0x0A) {
      guard let sample = try? JSONDecoder().decode(Sample.self, from: line) else { continue }
      samples[sample.step] = sample
    }
    return samples.values.sorted { $0.step < $1.step }
  }

  /// Appends a sample; one that cannot be written does not stop training.
  public func append(_ sample: Sample) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let line = try? encoder.encode(sample) else { return }
    if !FileManager.default.fileExists(atPath: samplesPath) {
      _ = FileManager.default.createFile(atPath: samplesPath, contents: nil)
    }
    guard let handle = FileHandle(forWritingAtPath: samplesPath) else { return }
    _ = try? handle.seekToEnd()
    try? handle.write(contentsOf: line + [0x0A])
    try? handle.close()
  }

  /// Reads the metrics in the order of their steps; lines that cannot be read are left out.
  public func metrics() -> [TrainingRun.Progress] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let text = FileManager.default.contents(atPath: metricsPath) ?? Data()
    return text.split(separator: 0x0A).compactMap {
      try? decoder.decode(TrainingRun.Progress.self, from: $0)
    }.sorted { $0.step < $1.step }
  }
}

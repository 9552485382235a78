import Foundation
import Geul

/// The result of a benchmark.
struct BenchResult: Encodable {
  /// The median over the repetitions, in tokens/s.
  var charsPerSecond: Double?
  /// The fastest repetition, in tokens/s.
  var best: Double?
  /// The speed of tokenization in MB/s.
  var megabytesPerSecond: Double?
  /// The number of repetitions.
  var repetitions: Int?
  /// The rate of multiply-adds as a fraction of the measured peak rate.
  var fractionOfPeak: Double?
  /// The peak rate of each precision in GFLOP/s; a multiply-add counts as two operations.
  var gigaflops: [String: Double]?
  /// The phases of a training step.
  var phases: [Phase]?
  /// The instruction set of the kernels.
  var instructionSet: String?

  /// A phase of a training step.
  struct Phase: Encodable {
    var name: String
    /// The fraction of the time of a step.
    var fractionOfTime: Double
    /// The rate of multiply-adds as a fraction of the peak rate; nil for phases without matrix products.
    var fractionOfPeak: Double?
  }
}

extension BenchResult {
  /// Creates a result from the number of tokens per repetition and the sorted times in seconds.
  init(tokens: Int, _ sorted: [Double], on context: ComputeContext) {
    charsPerSecond = Double(tokens) / sorted.median
    best = Double(tokens) / sorted[0]
    repetitions = sorted.count
    instructionSet = context.instructionSet.rawValue
  }

  /// The result as text.
  var description: String {
    var text =
      "\(Int(charsPerSecond ?? 0)) tokens/s (best \(Int(best ?? 0)))"
      + (fractionOfPeak.map { ", \(number(100 * $0, 1)) % of the peak FLOP rate" } ?? "") + "\n"
    for phase in phases ?? [] {
      text +=
        "  \(phase.name): \(number(100 * phase.fractionOfTime, 1)) % of the time"
        + (phase.fractionOfPeak.map { ", \(number(100 * $0, 1)) % of the peak FLOP rate" } ?? "")
        + "\n"
    }
    return text
  }
}

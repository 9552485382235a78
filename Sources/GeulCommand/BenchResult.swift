import Foundation
import Geul

/// The result of a benchmark.
struct BenchResult: Encodable {
  /// The median over the repetitions.
  var charsPerSecond: Double?
  /// The fastest repetition, in chars/s.
  var best: Double?
  /// The speed of tokenization in MB/s.
  var megabytesPerSecond: Double?
  /// The number of repetitions.
  var repetitions: Int?
  /// The rate of multiply-adds as a fraction of the measured peak rate.
  var shareOfLimit: Double?
  /// The peak rate of each precision in GFLOP/s; a multiply-add counts as two operations.
  var gigaflops: [String: Double]?
  /// The phases of a training step.
  var phases: [Phase]?
  /// The instruction set of the kernels.
  var instructionSet: String?

  /// A phase of a training step.
  struct Phase: Encodable {
    var name: String
    /// The fraction of the step's time.
    var share: Double
    /// The rate of multiply-adds as a fraction of the peak rate; nil for phases without matrix products.
    var shareOfLimit: Double?
  }
}

extension BenchResult {
  /// Creates a result from the number of characters per repetition and the sorted times in seconds.
  init(characters: Int, _ sorted: [Double], on context: ComputeContext) {
    charsPerSecond = Double(characters) / sorted.median
    best = Double(characters) / sorted[0]
    repetitions = sorted.count
    instructionSet = context.instructionSet.rawValue
  }

  /// The result as text.
  var description: String {
    var text =
      "\(Int(charsPerSecond ?? 0)) chars/s (best \(Int(best ?? 0)))"
      + (shareOfLimit.map { ", \(number(100 * $0, 1)) % of the peak FLOP rate" } ?? "") + "\n"
    for phase in phases ?? [] {
      text +=
        "  \(phase.name): \(number(100 * phase.share, 1)) % of the time"
        + (phase.shareOfLimit.map { ", \(number(100 * $0, 1)) % of the peak FLOP rate" } ?? "")
        + "\n"
    }
    return text
  }
}

import Geul
import GeulCommandSupport
import PortableFoundation

/// The result of a benchmark.
struct BenchResult: Encodable {
  /// The median over the repetitions, in tokens/s.
  var tokensPerSecond: Double?
  /// The fastest repetition, in tokens/s.
  var best: Double?
  /// The speed of tokenization in MB/s.
  var megabytesPerSecond: Double?
  /// The number of repetitions.
  var repetitions: Int?
  /// The rate of multiply-adds as a fraction of the measured peak throughput.
  var fractionOfPeak: Double?
  /// The peak throughput of each precision in GFLOP/s, of int8 in GOP/s; a multiply-add counts as two operations.
  var gigaflops: [String: Double]?
  /// The phases of a training step.
  var phases: [Phase]?
  /// The instruction set of the kernels.
  var instructionSet: String?

  /// The keys of `--json`, in snake case; scripts read `chars_per_second` for any token unit.
  enum CodingKeys: String, CodingKey {
    case best, megabytesPerSecond, repetitions, fractionOfPeak, gigaflops, phases, instructionSet
    case tokensPerSecond = "charsPerSecond"
  }

  /// A phase of a training step.
  struct Phase: Encodable {
    var name: String
    /// The fraction of the time of a step.
    var fractionOfTime: Double
    /// The rate of multiply-adds as a fraction of the peak throughput; nil for phases without matrix products.
    var fractionOfPeak: Double?
  }
}

extension BenchResult {
  /// Creates a result from the number of tokens per repetition and the sorted times in seconds.
  init(tokensPerRepetition: Int, sortedSeconds: [Double], context: ComputeContext) {
    tokensPerSecond = Double(tokensPerRepetition) / sortedSeconds.median
    best = Double(tokensPerRepetition) / sortedSeconds[0]
    repetitions = sortedSeconds.count
    instructionSet = context.instructionSet.rawValue
  }

  /// The result as text.
  var description: String {
    var text =
      "\(Int(tokensPerSecond ?? 0)) tokens/s (best \(Int(best ?? 0)))"
      + (fractionOfPeak.map { ", \(number(100 * $0, 1)) % of peak throughput" } ?? "") + "\n"
    for phase in phases ?? [] {
      text +=
        "  \(phase.name): \(number(100 * phase.fractionOfTime, 1)) % of the time"
        + (phase.fractionOfPeak.map { ", \(number(100 * $0, 1)) % of peak throughput" } ?? "")
        + "\n"
    }
    return text
  }
}

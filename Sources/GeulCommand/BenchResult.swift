import Foundation
import Geul

/// What a bench prints.
struct BenchResult: Encodable {
  /// The median over the repetitions.
  var charsPerSecond: Double?
  /// The fastest repetition.
  var best: Double?
  /// Bytes of text a second, in millions.
  var megabytesPerSecond: Double?
  /// How many repetitions.
  var repetitions: Int?
  /// Multiply-adds done, as a share of this machine's measured limit.
  var shareOfLimit: Double?
  /// Floating-point operations a second, in thousands of millions: two a multiply-add.
  var gigaflops: [String: Double]?
  /// Where the time of a training step goes.
  var phases: [Phase]?
  /// What computed.
  var instructionSet: String?

  /// A phase of a training step.
  struct Phase: Encodable {
    var name: String
    /// Of the time.
    var share: Double
    /// Multiply-adds done, as a share of the limit; nil where it has none to speak of.
    var shareOfLimit: Double?
  }
}

extension BenchResult {
  /// How fast so many characters were, by the seconds of each repetition in order of length.
  init(characters: Int, _ sorted: [Double], on kernels: Kernels) {
    charsPerSecond = Double(characters) / sorted.median
    best = Double(characters) / sorted[0]
    repetitions = sorted.count
    instructionSet = kernels.instructionSet.rawValue
  }

  /// For a person to read.
  var description: String {
    var text =
      "\(Int(charsPerSecond ?? 0)) characters a second (best \(Int(best ?? 0)))"
      + (shareOfLimit.map { ", \(number(100 * $0, 1)) % of the machine's limit" } ?? "") + "\n"
    for phase in phases ?? [] {
      text +=
        "  \(phase.name): \(number(100 * phase.share, 1)) % of the time"
        + (phase.shareOfLimit.map { ", at \(number(100 * $0, 1)) % of the limit" } ?? "") + "\n"
    }
    return text
  }
}

/// Times `body` again and again for so many seconds, and at least three times.
///
/// - Returns: the seconds of each repetition, in order of length.
func times(for seconds: Double, _ body: () throws -> Void) rethrows -> [Double] {
  let whole = Stopwatch()
  var times: [Double] = []
  while whole.seconds < seconds || times.count < 3 {
    let one = Stopwatch()
    try body()
    times.append(one.seconds)
  }
  return times.sorted()
}

extension [Double] {
  /// The middle one of sorted numbers.
  var median: Double { self[count / 2] }
}

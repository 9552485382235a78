#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The learning rate over a run: a linear warm-up, then half a cosine down to a floor (Loshchilov and Hutter 2017).
public struct LearningRateSchedule: Codable, Sendable, Equatable {
  /// The rate at the top.
  public var peak: Float
  /// How many steps the way up takes.
  public var warmup: Int
  /// What part of the peak is left at the end.
  public var floor: Float

  /// A schedule.
  public init(peak: Float, warmup: Int = 50, floor: Float = 0.02) {
    self.peak = peak
    self.warmup = warmup
    self.floor = floor
  }

  /// A peak that suits so many streams; it goes with the square root of their number (see docs/experiments.md).
  public static func peak(batch: Int) -> Float { 0.0021 * Float(batch).squareRoot() }

  /// The rate of step `step` (from 0) of `total`; nil while the total is not known, which must be during the warm-up.
  public func rate(step: Int, of total: Int?) -> Float {
    let rise = min(1, Float(step + 1) / Float(max(1, warmup)))
    guard let total, total > 0 else { return peak * rise }
    let done = min(1, Double(step) / Double(total))
    let cosine = Float(0.5 * (1 + cos(Double.pi * done)))
    return peak * rise * (floor + (1 - floor) * cosine)
  }
}

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The learning rate over a run: a linear warm-up, then half a cosine down to a floor (Loshchilov and Hutter 2017).
public struct LearningRateSchedule: Codable, Sendable, Equatable {
  /// The highest learning rate.
  public var peak: Float
  /// The number of warm-up steps.
  public var warmup: Int
  /// The final learning rate as a fraction of the peak.
  public var floor: Float

  /// Creates a schedule.
  public init(peak: Float, warmup: Int = 50, floor: Float = 0.02) {
    self.peak = peak
    self.warmup = warmup
    self.floor = floor
  }

  /// Returns a peak for a batch size; it grows with the square root (see docs/experiments.md).
  public static func peak(batch: Int) -> Float { 0.0021 * Float(batch).squareRoot() }

  /// Returns the rate of step `step` (from 0) of `total`; the warm-up's while the total is not known.
  public func rate(step: Int, of total: Int?) -> Float {
    let rise = min(1, Float(step + 1) / Float(max(1, warmup)))
    guard let total, total > 0 else { return peak * rise }
    let done = min(1, Double(step) / Double(total))
    let cosine = Float(0.5 * (1 + cos(Double.pi * done)))
    return peak * rise * (floor + (1 - floor) * cosine)
  }
}

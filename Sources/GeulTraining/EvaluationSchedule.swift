/// The steps of a run after which the validation loss is evaluated.
///
/// Evaluations are evenly spaced. A run of many epochs is also evaluated early, because it may overfit a small text long
/// before its first twentieth is over: after two epochs, then at steps that grow by a quarter, until the evenly spaced
/// evaluations are as close together.
public struct EvaluationSchedule: Sendable {
  /// The number of steps of the run; nil while it is not known.
  let total: Int?
  /// The number of steps of an epoch.
  let stepsPerEpoch: Int
  /// The number of evenly spaced evaluations.
  let count: Int
  /// The ratio between the steps of successive early evaluations.
  let growth: Double

  /// The density of evaluations that the time budget of a run allows.
  public struct Density: Codable, Sendable, Equatable {
    /// The number of evenly spaced evaluations; nil for the configuration's.
    public var count: Int?
    /// The ratio between the steps of successive early evaluations.
    public var growth = 1.25

    /// The default density.
    public init() {}

    package var isValid: Bool { (count ?? 1) >= 1 && growth > 1 && growth.isFinite }
  }

  /// The first early evaluation, in epochs.
  private static let firstEpoch = 2.0

  package init(total: Int?, stepsPerEpoch: Int, count: Int, growth: Double = Density().growth) {
    self.total = total
    self.stepsPerEpoch = stepsPerEpoch
    self.count = count
    self.growth = growth
  }

  private var interval: Int? { total.map { max(1, $0 / count) } }

  /// Returns true if the validation loss is evaluated after `step`.
  package func contains(_ step: Int) -> Bool {
    if isEvenlySpaced(step) { return true }
    return earlySteps(upTo: step).last == step
  }

  /// Returns the number of evaluations after `step`; 0 while the number of steps is not known.
  ///
  /// - Complexity: O(count).
  package func remaining(after step: Int) -> Int {
    guard let total else { return 0 }
    return Set(evenSteps + earlySteps(upTo: total)).count { $0 > step }
  }

  /// The steps of the evenly spaced evaluations; the last interval may be half as long or half longer.
  private var evenSteps: [Int] {
    guard let total, let interval else { return [] }
    return stride(from: interval, to: total, by: interval).filter(isEvenlySpaced) + [total]
  }

  private func isEvenlySpaced(_ step: Int) -> Bool {
    guard let total, let interval else { return false }
    return step == total || step % interval == 0 && total - step >= interval / 2
  }

  private func earlySteps(upTo step: Int) -> [Int] {
    var time = Self.firstEpoch * Double(stepsPerEpoch)
    guard interval.map({ Double($0) > time }) ?? true else { return [] }
    // After `end` the evenly spaced evaluations are closer together.
    let end = interval.map { Double($0) / (1 - 1 / growth) } ?? .infinity
    var steps: [Int] = []
    while Int(time) <= step, time <= end {
      steps.append(Int(time))
      time *= growth
    }
    return steps
  }
}

extension EvaluationSchedule {
  /// Returns the greatest density at which a run of `total` steps has at most `limit` evaluations after `step`.
  ///
  /// Two may remain at any limit: the first early one and the last.
  package static func density(
    total: Int, stepsPerEpoch: Int, count: Int, after step: Int, limit: Int
  ) -> Density {
    var density = Density()
    func remaining() -> Int {
      EvaluationSchedule(
        total: total, stepsPerEpoch: stepsPerEpoch, count: density.count ?? count,
        growth: density.growth
      ).remaining(after: step)
    }
    while remaining() > limit, density.growth < 16 { density.growth *= 1.25 }
    while remaining() > limit, density.count ?? count > 1 {
      density.count = max(1, (density.count ?? count) * 3 / 4)
    }
    // With fewer evenly spaced evaluations there are more early ones.
    while remaining() > max(2, limit), density.growth < 1e6 { density.growth *= 2 }
    return density
  }
}

/// The steps of a run after which the validation loss is evaluated.
///
/// Evaluations are evenly spaced. A run that reads its text very often is also evaluated early: after two epochs, and then
/// whenever a quarter more has been read, until the even steps come as close. A small text may be overfitted long before a
/// twentieth of a long run is over.
public struct EvaluationSchedule: Sendable {
  /// The number of steps of the run; nil while it is not known.
  let total: Int?
  /// The number of steps of an epoch.
  let stepsPerEpoch: Int
  /// The number of evenly spaced evaluations.
  let count: Int
  /// The ratio of the steps of two early evaluations.
  let growth: Double

  /// The density of evaluations that the time budget of a run allows.
  public struct Density: Codable, Sendable, Equatable {
    /// The number of evenly spaced evaluations; nil for the configuration's.
    public var count: Int?
    /// The ratio of the steps of two early evaluations.
    public var growth = 1.25

    /// The default density.
    public init() {}

    var isValid: Bool { (count ?? 1) >= 1 && growth > 1 && growth.isFinite }
  }

  /// The first early evaluation, in epochs.
  private static let firstEpoch = 2.0

  init(total: Int?, stepsPerEpoch: Int, count: Int, growth: Double = Density().growth) {
    self.total = total
    self.stepsPerEpoch = stepsPerEpoch
    self.count = count
    self.growth = growth
  }

  private var interval: Int? { total.map { max(1, $0 / count) } }

  /// Returns true if the validation loss is evaluated after `step`.
  func contains(_ step: Int) -> Bool {
    if let total, let interval {
      if step == total || step % interval == 0 && total - step >= interval / 2 { return true }
    }
    return earlySteps(upTo: step).last == step
  }

  /// The number of evaluations after `step`.
  func remaining(after step: Int) -> Int {
    guard let total, let interval else { return 0 }
    return (total - step) / interval + earlySteps(upTo: total).count { $0 > step }
  }

  private func earlySteps(upTo step: Int) -> [Int] {
    var time = Self.firstEpoch * Double(stepsPerEpoch)
    guard interval.map({ Double($0) > time }) ?? true else { return [] }
    // From here on they would come less often than the even ones.
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
  static func density(
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
    return density
  }
}

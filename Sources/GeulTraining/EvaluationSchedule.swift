/// After which steps of a run the part held out is scored.
///
/// A fixed number of times, evenly; and in a run that reads its text very often also early on: after twice through the text, and
/// then whenever a quarter more has been read, until the even times come as close. A small text may be known by heart long
/// before a twentieth of a long run is over, and its best model would be lost.
package struct EvaluationSchedule: Sendable {
  /// How many steps the run will have; nil while that is not known.
  let total: Int?
  /// How many steps read the text once.
  let perEpoch: Int
  /// How many times evenly.
  let count: Int

  package init(total: Int?, perEpoch: Int, count: Int) {
    self.total = total
    self.perEpoch = perEpoch
    self.count = count
  }

  /// The first of the early times, in epochs.
  private static let first = 2.0
  private static let growth = 1.25

  private var every: Int? { total.map { max(1, $0 / count) } }

  /// Whether to score after `step`.
  package func contains(_ step: Int) -> Bool {
    if let total, let every {
      if step == total || step % every == 0 && total - step >= every / 2 { return true }
    }
    return early(upTo: step).last == step
  }

  /// How many scores the steps after `step` bring.
  package func remaining(after step: Int) -> Int {
    guard let total, let every else { return 0 }
    return (total - step) / every + early(upTo: total).count { $0 > step }
  }

  private func early(upTo step: Int) -> [Int] {
    var time = Self.first * Double(perEpoch)
    guard every.map({ Double($0) > time }) ?? true else { return [] }
    // From here on they would come less often than the even ones.
    let end = every.map { Double($0) / (1 - 1 / Self.growth) } ?? .infinity
    var times: [Int] = []
    while Int(time) <= step, time <= end {
      times.append(Int(time))
      time *= Self.growth
    }
    return times
  }
}

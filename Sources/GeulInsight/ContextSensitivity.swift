internal import Foundation
public import GeulCompute
public import GeulModel

/// How far back a model remembers, measured on a text in two ways.
public struct ContextSensitivity: Sendable {
  /// The norm of d loss_t / d h_{t-k} of the top layer, for k = 0, 1, 2 ..., the geometric mean over places of the text.
  ///
  /// Geometric, because gradients of different places differ by orders of magnitude: a sum would be that of the largest.
  public let hiddenNorms: [Double]
  /// The same for d loss_t / d c_{t-k} of the LSTM; empty for the others.
  public let cellNorms: [Double]
  /// The loss when only the last k units are seen, for each k.
  public let losses: [Loss]
  /// At how many places losses were measured, the same for all k.
  public let places: Int

  /// A mean loss over places.
  public struct Loss: Sendable, Equatable {
    /// How many units are seen.
    public let seen: Int
    /// In nats a unit.
    public let nats: Double
    /// The mean's standard error, in nats: how much it would differ at other places.
    public let error: Double

    init(seen: Int, _ nats: [Double]) {
      self.seen = seen
      let count = Double(max(1, nats.count))
      let mean = nats.reduce(0, +) / count
      self.nats = mean
      let squares = nats.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      error = (squares / max(1, count - 1) / count).squareRoot()
    }
  }

  /// The numbers of units seen that are measured.
  public static let windows = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

  /// Measures a model on a text.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - ids: a text of the model's vocabulary.
  ///   - steps: how far back gradients are followed.
  ///   - places: at how many places of the text, spread evenly, gradients are measured.
  ///   - scored: at how many places losses are measured, the same for all windows.
  ///   - kernels: what computes the losses.
  ///   - lanes: the threads.
  public init(
    _ model: Model, _ ids: [Int32], steps: Int = 200, places: Int = 48, scored: Int = 1024,
    kernels: Kernels, pool: ThreadPool
  ) {
    let open = InstrumentedNetwork(model)
    let reach = max(0, min(steps, ids.count - 2))
    var trials = evenly(places, in: reach..<ids.count - 1).map { end in
      (
        ids: ids[(end - reach)...(end + 1)].map(Int.init),
        norms: InstrumentedNetwork.GradientNorms()
      )
    }
    pool.forEach(&trials) { $0.norms = open.gradientNorms($0.ids) }
    hiddenNorms = Self.mean(trials.map(\.norms.hidden))
    cellNorms = Self.mean(trials.map(\.norms.cell))
    let scorer = ContextEvaluator(model, kernels: kernels, pool: pool)
    let most = Self.windows.last { $0 < ids.count / 2 } ?? 1
    let nats = Self.windows.filter { $0 <= most }.map { seen in
      (seen, scorer.nats(ids, seen: seen, most: most, places: scored))
    }
    losses = nats.map { Loss(seen: $0, $1) }
    self.places = nats.first?.1.count ?? 0
  }

  /// The geometric mean at each k; norms below what float32 holds count as that.
  private static func mean(_ norms: [[Double]]) -> [Double] {
    (norms.first ?? []).indices.map { back in
      exp(norms.reduce(0) { $0 + log(max($1[back], 1e-38)) } / Double(norms.count))
    }
  }

  /// How many units back norms have fallen to a part of what they were at k = 0, and stay below; nil if they never do, or
  /// are no numbers.
  public static func distance(_ norms: [Double], toFallBy part: Double) -> Int? {
    let limit = (norms.first ?? 0) / part
    let last = norms.lastIndex { !($0 < limit) } ?? 0
    return last + 1 < norms.count ? last + 1 : nil
  }
}

public import GeulKernels
public import GeulNetwork
public import GeulText

/// How far back a model remembers, measured on a text in two ways.
public struct MemoryReach: Sendable {
  /// The norm of d loss_t / d h_{t-k} of the top layer, for k = 0, 1, 2 ..., the mean over places of the text.
  public let gradientNorms: [Double]
  /// The loss, in nats a unit, when only the last k units are seen, for each k.
  public let losses: [(seen: Int, nats: Double)]

  /// The numbers of units seen that are measured.
  public static let windows = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

  /// Measures a model on a text.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - corpus: a text of the model's vocabulary; what is not in it is passed over.
  ///   - range: the part of it to measure on.
  ///   - steps: how far back gradients are followed.
  ///   - places: at how many places of the text, spread evenly, gradients are measured.
  ///   - scored: at how many places losses are measured, the same for all windows.
  ///   - kernels: what computes the losses.
  ///   - lanes: the threads.
  public init(
    _ model: Model, _ corpus: Corpus, in range: Range<Int>, steps: Int = 200, places: Int = 24,
    scored: Int = 512,
    kernels: Kernels, lanes: Lanes
  ) {
    var ids: [Int32] = []
    corpus.forEachKnownID(in: range) { ids.append($0) }
    let open = OpenNetwork(model)
    let reach = max(0, min(steps, ids.count - 2))
    let gap = max(1, (ids.count - 1 - reach) / max(1, places))
    var trials = stride(from: reach, to: ids.count - 1, by: gap).prefix(places).map { end in
      (ids: ids[(end - reach)...(end + 1)].map(Int.init), norms: [Double]())
    }
    lanes.forEach(&trials) { $0.norms = open.gradientNorms($0.ids) }
    gradientNorms = (0...reach).map { back in
      trials.reduce(0) { $0 + $1.norms[back] } / Double(max(1, trials.count))
    }
    let scorer = WindowScorer(model, kernels: kernels, lanes: lanes)
    let most = Self.windows.last { $0 < ids.count / 2 } ?? 1
    losses = Self.windows.filter { $0 <= most }.map { seen in
      (seen, scorer.nats(ids, seen: seen, most: most, places: scored))
    }
  }

  /// How many units back the gradient has fallen to a part of what it was at k = 0, and stays below; nil if it never does.
  public func distance(toFallBy part: Double) -> Int? {
    let limit = (gradientNorms.first ?? 0) / part
    let last = gradientNorms.lastIndex { $0 >= limit } ?? 0
    return last + 1 < gradientNorms.count ? last + 1 : nil
  }
}

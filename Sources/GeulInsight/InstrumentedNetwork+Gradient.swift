internal import GeulCompute

extension InstrumentedNetwork {
  /// Norms of gradients of the top layer's state k units back, for k = 0, 1, 2 ...
  package struct GradientNorms: Sendable, Equatable {
    /// Of d loss_t / d h_{t-k}.
    package var hidden: [Double] = []
    /// Of d loss_t / d c_{t-k}; empty but for the LSTM.
    package var cell: [Double] = []
  }

  /// How a loss depends on the top layer's state before it.
  ///
  /// The loss is that of the last id, given all those before it. Truncated back-propagation cannot see how much of it comes
  /// from how far back; here it is followed to the first id.
  package func gradientNorms(_ ids: [Int]) -> GradientNorms {
    var moments = [beginning]
    for id in ids.dropLast() { moments.append(step(id, after: moments[moments.count - 1])) }
    var shares = probabilities(moments[moments.count - 1])
    shares[ids[ids.count - 1]] -= 1
    let zero = [Float](repeating: 0, count: hidden)
    var carried = layers.map { _ in InstrumentedLayer.Back(hidden: zero, cell: zero) }
    var norms = GradientNorms()
    for time in stride(from: moments.count - 1, to: 0, by: -1) {
      var fromAbove =
        time == moments.count - 1 ? (0..<hidden).map { decoder.product($0, shares) } : zero
      for index in layers.indices.reversed() {
        var back = carried[index]
        for unit in 0..<hidden { back.hidden[unit] += fromAbove[unit] }
        if index == layers.count - 1 {
          norms.hidden.append(Self.norm(back.hidden))
          if cell == .lstm {
            norms.cell.append(Self.norm(layers[index].cellGradient(back, moments[time][index])))
          }
        }
        (carried[index], fromAbove) = layers[index].back(
          back, through: moments[time][index], after: moments[time - 1][index],
          wantsInput: index > 0)
      }
    }
    return norms
  }

  private static func norm(_ values: [Float]) -> Double {
    values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }
}

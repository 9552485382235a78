/// Running sums for Pearson's correlation of several features with several neurons.
struct Correlations: Sendable {
  /// The values of each feature, centered, `[feature][position]`.
  private let features: [[Double]]
  private var count = 0.0
  /// The sums of the neurons' values and of their squares, `[neuron]`.
  private var sums, squares: [Double]
  /// The sums of the products of centered features and neurons, `[feature][neuron]`.
  private var products: [[Double]]

  /// Creates empty sums.
  ///
  /// Features are centered here, so that the products need no correction by the means.
  init(_ features: [[Float]], neuronCount: Int) {
    self.features = features.map { values in
      let mean = values.reduce(0) { $0 + Double($1) } / Double(max(1, values.count))
      return values.map { Double($0) - mean }
    }
    sums = Array(repeating: 0, count: neuronCount)
    squares = sums
    products = features.map { [sums] _ in sums }
  }

  /// Adds the values of all neurons at a position.
  mutating func add(_ values: [Float], at position: Int) {
    count += 1
    for (neuron, value) in values.enumerated() {
      let value = Double(value)
      sums[neuron] += value
      squares[neuron] += value * value
    }
    for feature in features.indices where features[feature][position] != 0 {
      let factor = features[feature][position]
      for (neuron, value) in values.enumerated() {
        products[feature][neuron] += factor * Double(value)
      }
    }
  }

  /// Returns the neuron with the largest |r| for a feature; nil if the feature is constant or fewer
  /// than three positions were added.
  func strongest(feature: Int) -> (neuron: Int, correlation: Double)? {
    let featureVariation = features[feature].reduce(0) { $0 + $1 * $1 }
    guard featureVariation > 0, count > 2 else { return nil }
    let correlations = sums.indices.map { neuron -> (neuron: Int, correlation: Double) in
      let variation = squares[neuron] - sums[neuron] * sums[neuron] / count
      guard variation > 0 else { return (neuron, 0) }
      return (neuron, products[feature][neuron] / (variation * featureVariation).squareRoot())
    }
    return correlations.max { abs($0.correlation) < abs($1.correlation) }
  }
}

internal import GeulCompute
public import GeulModel

/// What suits a text and the time there is, where the user did not choose: measured, see docs/experiments.md.
public struct ConfigurationAdvisor: Sendable {
  /// How many units the vocabulary has.
  public let vocabulary: Int
  /// How many units are for training.
  public let units: Int
  /// The time there is.
  public let seconds: Double
  /// Multiply-adds a second in training.
  public let rate: Double

  /// Advice for a text, a time and a machine.
  public init(vocabulary: Int, units: Int, seconds: Double, rate: Double) {
    self.vocabulary = vocabulary
    self.units = units
    self.seconds = seconds
    self.rate = rate
  }

  /// The units in a layer of the network that learns most in the time.
  ///
  /// A step on one character multiplies and adds three times for each number of a matrix, so t seconds are worth
  /// C = R t / 3 P characters for P numbers. The loss is least where each number sees some eight characters:
  /// P = sqrt(R t / 3 / 8). A small text has no more to teach than so many numbers can hold.
  public func hidden(_ shape: Architecture) -> Int {
    let most = min(
      (rate * seconds / 3 / Self.charactersPerParameter).squareRoot(),
      Self.parametersPerUnit * Double(units))
    let sizes = Array(stride(from: Self.smallest, through: Self.largest, by: Self.step))
    return sizes.last { hidden in
      var shape = shape
      shape.hidden = hidden - Self.step / 2
      return parameters(shape) < most
    } ?? Self.smallest
  }

  /// How many times the text will be read, about.
  public func epochs(_ shape: Architecture) -> Double {
    rate * seconds / 3 / parameters(shape) / Double(max(1, units))
  }

  /// The share of a layer's outputs to drop when a text is read so many times.
  ///
  /// What is read often, by a network with many parameters for each unit of it, is soon known by heart: the product of the
  /// two counts.
  public func dropout(_ shape: Architecture, epochs: Double) -> Float {
    switch epochs * parameters(shape) / Double(max(1, units)) {
    case ..<3: 0
    case ..<10: 0.1
    case ..<30: 0.2
    default: 0.3
    }
  }

  private static let charactersPerParameter = 8.0
  private static let parametersPerUnit = 5.0
  private static let (smallest, largest, step) = (64, 1024, 16)

  private func parameters(_ shape: Architecture) -> Double {
    Network(shape, vocabulary: vocabulary).matrices.reduce(0) { $0 + Double($1.parameterCount) }
  }
}

internal import GeulCompute
public import GeulModel

/// Chooses the network size and dropout for a text and a time budget; see docs/experiments.md.
public struct ConfigurationAdvisor: Sendable {
  /// The number of tokens of the vocabulary.
  public let vocabulary: Int
  /// The number of tokens for training.
  public let tokenCount: Int
  /// The multiply-adds of all teachers for each token.
  public let teacherMultiplyAdds: Int
  /// The time budget in seconds.
  public let seconds: Double
  /// The multiply-adds per second that training reaches.
  public let multiplyAddsPerSecond: Double

  /// Creates an advisor for a text, a time budget and a machine.
  public init(
    vocabulary: Int, tokenCount: Int, teacherMultiplyAdds: Int = 0, seconds: Double,
    multiplyAddsPerSecond: Double
  ) {
    self.vocabulary = vocabulary
    self.tokenCount = tokenCount
    self.teacherMultiplyAdds = teacherMultiplyAdds
    self.seconds = seconds
    self.multiplyAddsPerSecond = multiplyAddsPerSecond
  }

  /// Returns the hidden size that gives the lowest loss in the time.
  ///
  /// A step on one token takes three multiply-adds for each parameter of a matrix, so t seconds suffice for R t / 3 P tokens
  /// with P parameters at R multiply-adds per second. The loss is lowest at about eight tokens per
  /// parameter: P = sqrt(R t / 3 / 8). With teachers of T multiply-adds, a token takes 3 P + T, and P is the root of
  /// 8 P (3 P + T) = R t. A small text limits the number of parameters.
  ///
  /// - Parameters:
  ///   - architecture: The shape of the network, except its hidden size.
  ///   - smallest: The least hidden size.
  /// - Returns: A multiple of 16.
  public func hidden(_ architecture: Architecture, smallest: Int = Self.smallest) -> Int {
    let half = Double(teacherMultiplyAdds) / 6
    let work = multiplyAddsPerSecond * seconds / 3 / Self.tokensPerParameter
    let limit = min(
      (half * half + work).squareRoot() - half,
      Self.parametersPerToken * Double(tokenCount))
    let sizes = Array(
      stride(from: smallest, through: Self.largest, by: Self.increment))
    return sizes.last { hidden in
      var architecture = architecture
      architecture.hidden = hidden - Self.increment / 2
      return parameters(architecture) < limit
    } ?? smallest
  }

  /// Returns the approximate number of epochs in the time.
  public func epochs(_ architecture: Architecture) -> Double {
    multiplyAddsPerSecond * seconds
      / (3 * parameters(architecture) + Double(teacherMultiplyAdds)) / Double(max(1, tokenCount))
  }

  /// Returns the dropout rate for a number of epochs.
  ///
  /// Overfitting grows with the number of epochs and with the number of parameters per token; the rate depends on the product
  /// of the two.
  public func dropout(_ architecture: Architecture, epochs: Double) -> Float {
    switch epochs * parameters(architecture) / Double(max(1, tokenCount)) {
    case ..<3: 0
    case ..<10: 0.1
    case ..<30: 0.2
    default: 0.3
    }
  }

  /// Returns the decay rate of the exponential moving average of the parameters for a dropout rate.
  ///
  /// `dropout(_:epochs:)` is high for a text that is read so often that the best step comes while the learning rate is still
  /// high: there a longer average is better.
  public static func emaDecay(dropout: Float) -> Float { dropout >= 0.2 ? 0.998 : 0.99 }

  private static let tokensPerParameter = 8.0
  private static let parametersPerToken = 7.0
  /// The least hidden size for a text.
  public static let smallest = 64
  /// The least hidden size for a list, which is often far smaller than a text.
  public static let smallestForList = 32
  private static let (largest, increment) = (1024, 16)

  private func parameters(_ architecture: Architecture) -> Double {
    Double(Network(architecture, vocabulary: vocabulary).multiplyAdds)
  }
}

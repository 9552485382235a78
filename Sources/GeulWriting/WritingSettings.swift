package import GeulGeneration

/// The settings of a writing session.
package struct WritingSettings: Sendable, Equatable {
  /// The sampling options of continuations.
  package var sampling: SamplingOptions
  /// The maximum number of tokens of a continuation.
  package var length: Int
  /// The random seed of continuations.
  package var seed: UInt64
  /// Indicates whether the text is colored by its surprisal.
  package var showsSurprisal = true

  /// The values of `length`.
  package static let lengths = 1...100_000

  /// Creates settings.
  package init(sampling: SamplingOptions = SamplingOptions(), length: Int = 100, seed: UInt64) {
    self.sampling = sampling
    self.length = length
    self.seed = seed
  }
}

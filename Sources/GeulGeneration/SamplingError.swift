/// An error that prevents the creation of a `Sampler`.
public enum SamplingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The value of an option is outside of its range.
  case outOfRange(option: String, range: String, value: String)
  /// The id of a token in `SamplingOptions.logitBias` is not in the vocabulary.
  case unknownToken(id: Int, vocabularySize: Int)
  /// The vocabulary is empty, or all of its tokens are banned.
  case noCandidates
  /// The texts that satisfy the constraint of a sequence are longer than the requested length.
  case lengthTooSmall(length: Int, minimum: Int)

  /// A sentence that states the cause.
  public var description: String {
    switch self {
    case .outOfRange(let option, let range, let value):
      "--\(option) must be \(range), not \(value)."
    case .unknownToken(let id, let vocabularySize):
      "--logit-bias: token \(id) is not in the vocabulary of \(vocabularySize) tokens; their ids "
        + "start at 0."
    case .noCandidates:
      "The model's vocabulary has no token that can be generated. Train on a text with more "
        + "repetition, or with a smaller --min-count; ban fewer tokens by a logit bias of -100."
    case .lengthTooSmall(let length, let minimum):
      "The shortest text that satisfies the constraints has \(minimum) tokens, and --length is \(length)."
        + " Use --length \(minimum) or more."
    }
  }
}

/// A request for one sequence of a `GenerationEngine`.
public struct SequenceRequest: Sendable {
  /// The ids of the tokens to continue; if empty, the text starts as after a line break.
  public var prompt: [Int]
  /// The maximum number of tokens to generate.
  public var length: Int
  /// The sampling options.
  public var sampling: SamplingOptions
  /// The random seed.
  public var seed: UInt64
  /// The index of the sequence among those with the same seed; each has its own random numbers.
  public var sampleIndex: Int
  /// The id of the token of a label that all lines have, from the first one on; nil for none.
  ///
  /// `LabelTokens.id(of:)` returns it.
  public var label: Int?
  /// The stop strings: the text ends before the first occurrence of one of them.
  ///
  /// They are brought into the model's form: its normal form, and its line endings.
  public var stops: [String]
  /// The rules that the generated text obeys; nil for none.
  ///
  /// It applies to the text of this request, also if `session` continues an earlier one.
  public var constraint: SequenceConstraint?
  /// The number of most likely tokens that are returned with the log-probability of each generated token; nil for no
  /// log-probabilities.
  public var alternatives: Int?
  /// Indicates whether the log-probabilities of the prompt's tokens are returned, too.
  ///
  /// The whole prompt is then read again, even if its state is cached.
  public var scoresPrompt = false
  /// The state of an earlier sequence that this one continues: `prompt` follows the tokens of that sequence.
  public var session: SequenceState?
  /// Indicates whether the state at the end of the sequence is returned.
  ///
  /// An incomplete character at the end is then part of the next sequence's text.
  public var keepsState = false

  /// Creates a request.
  public init(
    prompt: [Int], length: Int = 500, sampling: SamplingOptions = SamplingOptions(),
    seed: UInt64 = 0, sampleIndex: Int = 0, stops: [String] = []
  ) {
    self.prompt = prompt
    self.length = length
    self.sampling = sampling
    self.seed = seed
    self.sampleIndex = sampleIndex
    self.stops = stops
  }
}

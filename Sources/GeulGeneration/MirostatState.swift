/// The state of Mirostat 2.0 in one sequence: the greatest surprisal that a token may have.
///
/// Each generated token changes it by the difference of its surprisal from the target:
///
///     mu -= eta * (surprisal - tau)
///
/// The surprisal is -log2 of the probability among the tokens that mu admits, as in llama.cpp.
///
/// Basu et al. 2021, "Mirostat: A Neural Text Decoding Algorithm that Directly Controls Perplexity", in the variant without
/// an estimate of Zipf's exponent, which the authors and llama.cpp call Mirostat 2.0.
public struct MirostatState: Sendable, Equatable {
  /// The greatest surprisal of the next token, in bits.
  public private(set) var mu: Double

  /// Creates the state before the first token: twice the target.
  public init(_ options: SamplingOptions) { mu = 2 * options.mirostatTau }

  /// Adapts the greatest surprisal to that of a generated token, in bits.
  mutating func observe(_ surprisal: Double, _ options: SamplingOptions) {
    mu -= options.mirostatEta * (surprisal - options.mirostatTau)
  }
}

/// The DRY penalty ("Don't Repeat Yourself", p-e-w 2024): finds the tokens that would extend a repetition.
///
/// The text ends with a repetition of length n if its last n tokens also occur earlier in the window. The token that
/// followed there would extend the repetition; if there are several, the longest counts. Without sequence breakers, the
/// definition is llama.cpp's.
///
/// The lengths of all repetitions are the Z-function of the reversed window: the lengths of the longest common prefixes of a
/// sequence and its suffixes (Gusfield 1997, "Algorithms on Strings, Trees, and Sequences", section 1.3).
///
/// - Complexity: O(n) for a window of n tokens. Allocates nothing once the window is full.
struct RepetitionPenalty: Sendable {
  /// The greatest penalty, so that logits stay finite.
  static let limit = 1e30

  private let multiplier: Double
  private let base: Double
  private let allowedLength: Int
  private let lastN: Int
  /// The tokens of the window, the newest first.
  private var tokens: [Int32] = []
  /// The Z-function of `tokens`.
  private var lengths: [Int32] = []
  /// The length of the longest repetition that each token would extend, by id, `[vocabulary]`; 0 between calls.
  private var longest: [Int32]

  init(_ options: SamplingOptions, vocabularySize: Int) {
    multiplier = options.dryMultiplier
    base = options.dryBase
    allowedLength = options.dryAllowedLength
    lastN = options.dryLastN
    longest = [Int32](repeating: 0, count: options.penalizesRepetitions ? vocabularySize : 0)
  }

  /// Subtracts the penalties from the logits, `[vocabulary]`.
  mutating func apply(_ window: PenaltyWindow, _ logits: inout [Float]) {
    tokens.removeAll(keepingCapacity: true)
    window.forEachRecent(lastN) { tokens.append(Int32($0)) }
    guard tokens.count > allowedLength else { return }
    computeLengths()
    for index in 1..<tokens.count where lengths[index] >= allowedLength {
      let next = Int(tokens[index - 1])
      longest[next] = max(longest[next], lengths[index])
    }
    for index in 1..<tokens.count where lengths[index] >= allowedLength {
      let next = Int(tokens[index - 1])
      guard longest[next] > 0 else { continue }
      logits[next] = Sampler.sanitized(Float(Double(logits[next]) - penalty(Int(longest[next]))))
      longest[next] = 0
    }
  }

  /// Returns the penalty of a token that extends a repetition of `length` tokens.
  private func penalty(_ length: Int) -> Double {
    let power = ElementaryFunctions.power(base, length - allowedLength, limit: Self.limit)
    return min(multiplier * power, Self.limit)
  }

  /// Computes, for each index from 1, the length of the longest common prefix of `tokens` and its suffix at the index.
  private mutating func computeLengths() {
    lengths.removeAll(keepingCapacity: true)
    lengths.append(0)
    // The range of the match that ends last.
    var (start, end) = (0, 0)
    for index in 1..<tokens.count {
      var length = index < end ? min(end - index, Int(lengths[index - start])) : 0
      while index + length < tokens.count, tokens[length] == tokens[index + length] { length += 1 }
      if index + length > end { (start, end) = (index, index + length) }
      lengths.append(Int32(length))
    }
  }
}

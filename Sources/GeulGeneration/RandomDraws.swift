/// The random numbers of one sample, from a counter-based generator.
///
/// Number n of sample i is a pure function of (seed, i, n), so a sample does not depend on the batch,
/// the thread or the machine that generates it.
///
/// ```swift
/// let draws = RandomDraws(seed: 1, sample: 0)
/// let first = draws[0]  // the same number on every machine
/// ```
///
/// The generator is Philox 4x32 with 10 rounds (Salmon, Moraes, Dror, Shaw 2011, "Parallel Random
/// Numbers: As Easy as 1, 2, 3"). The key is the seed; the counter is n in its low and i in its high
/// 64 bits.
public struct RandomDraws: Sendable, Equatable {
  /// The seed, shared by all samples of a request.
  public let seed: UInt64
  /// The index of the sample.
  public let sample: UInt64

  /// Creates the random numbers of a sample.
  public init(seed: UInt64, sample: UInt64) {
    self.seed = seed
    self.sample = sample
  }

  /// Number `n`, uniformly distributed over the 2^53 multiples of 2^-53 in [0, 1).
  public subscript(n: UInt64) -> Double {
    let words = Self.philox(
      counter: SIMD4(Self.low(n), Self.high(n), Self.low(sample), Self.high(sample)),
      key: SIMD2(Self.low(seed), Self.high(seed)))
    let bits = UInt64(words.x) | UInt64(words.y) << 32
    return Double(bits >> 11) * 0x1p-53
  }

  /// Returns the output block of Philox 4x32-10 for a counter and a key.
  package static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var counter = counter
    var key = key
    for _ in 0..<10 {
      let first = UInt64(counter.x) * 0xD251_1F53
      let second = UInt64(counter.z) * 0xCD9E_8D57
      counter = SIMD4(
        high(second) ^ counter.y ^ key.x, low(second), high(first) ^ counter.w ^ key.y, low(first))
      key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return counter
  }

  private static func low(_ word: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: word) }
  private static func high(_ word: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: word >> 32) }
}

/// The random number generator SplitMix64 (Steele, Lea and Flood 2014), whose state can be saved in a checkpoint.
public struct SplitMix64: RandomNumberGenerator, Codable, Sendable, Equatable {
  /// The state of the generator.
  public private(set) var state: UInt64

  /// Creates a generator with a seed.
  public init(seed: UInt64) { state = seed }

  /// Returns the next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Returns a random value, uniformly distributed in -bound..<bound, the same on every machine.
  public mutating func uniform(_ bound: Float) -> Float {
    (Float(next() >> 40) * 0x1p-23 - 1) * bound
  }
}

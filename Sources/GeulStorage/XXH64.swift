/// A streaming XXH64, a 64-bit hash.
///
/// Processes stripes of 32 bytes in four accumulators, at several GB/s. The hash detects damage,
/// such as a flipped bit or a lost block. It is not cryptographic.
///
/// Yann Collet, "xxHash fast digest algorithm", version 0.1.1, section "XXH64 algorithm
/// description": https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
package struct XXH64: Sendable {
  private var accumulators: [4 of UInt64]
  /// Bytes that do not fill a stripe yet.
  private var pending: [32 of UInt8] = [32 of UInt8](repeating: 0)
  private var pendingCount = 0
  /// The total number of bytes hashed.
  private var length: UInt64 = 0
  private let seed: UInt64

  private static let primes: [5 of UInt64] = [
    0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9,
    0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5,
  ]

  /// Creates a hash state with a seed.
  package init(seed: UInt64 = 0) {
    self.seed = seed
    let primes = Self.primes
    accumulators = [seed &+ primes[0] &+ primes[1], seed &+ primes[1], seed, seed &- primes[0]]
  }

  /// Hashes the next bytes.
  package mutating func update(_ bytes: RawSpan) {
    length &+= UInt64(bytes.byteCount)
    var remaining = bytes
    if pendingCount > 0 {
      let taken = min(32 - pendingCount, remaining.byteCount)
      store(remaining.extracting(first: taken))
      remaining = remaining.extracting(droppingFirst: taken)
      guard pendingCount == 32 else { return }
      Self.process(&accumulators, pending.span.raw)
      pendingCount = 0
    }
    Self.process(&accumulators, remaining)
    store(remaining.extracting(last: remaining.byteCount % 32))
  }

  /// Returns the hash of all bytes so far.
  package func finish() -> UInt64 {
    var hash = length >= 32 ? merged() : seed &+ Self.primes[4]
    hash &+= length
    let bytes = pending.span.raw
    var offset = 0
    while offset + 8 <= pendingCount {
      hash ^= Self.round(0, Self.load(bytes, offset))
      hash = Self.rotate(hash, 27) &* Self.primes[0] &+ Self.primes[3]
      offset += 8
    }
    if offset + 4 <= pendingCount {
      hash ^= UInt64(Self.load(bytes, offset) as UInt32) &* Self.primes[0]
      hash = Self.rotate(hash, 23) &* Self.primes[1] &+ Self.primes[2]
      offset += 4
    }
    while offset < pendingCount {
      hash ^= UInt64(pending[offset]) &* Self.primes[4]
      hash = Self.rotate(hash, 11) &* Self.primes[0]
      offset += 1
    }
    hash = (hash ^ hash >> 33) &* Self.primes[1]
    hash = (hash ^ hash >> 29) &* Self.primes[2]
    return hash ^ hash >> 32
  }

  /// Stores bytes until they fill a stripe.
  private mutating func store(_ bytes: RawSpan) {
    for offset in bytes.byteOffsets {
      pending[pendingCount] = Self.load(bytes, offset)
      pendingCount += 1
    }
  }

  /// Processes all complete stripes of 32 bytes.
  private static func process(_ accumulators: inout [4 of UInt64], _ bytes: RawSpan) {
    var (a, b, c, d) = (accumulators[0], accumulators[1], accumulators[2], accumulators[3])
    var offset = 0
    while offset + 32 <= bytes.byteCount {
      a = round(a, load(bytes, offset))
      b = round(b, load(bytes, offset + 8))
      c = round(c, load(bytes, offset + 16))
      d = round(d, load(bytes, offset + 24))
      offset += 32
    }
    accumulators = [a, b, c, d]
  }

  /// Returns the combination of the four accumulators.
  private func merged() -> UInt64 {
    var hash =
      Self.rotate(accumulators[0], 1) &+ Self.rotate(accumulators[1], 7)
      &+ Self.rotate(accumulators[2], 12) &+ Self.rotate(accumulators[3], 18)
    for index in accumulators.indices {
      hash ^= Self.round(0, accumulators[index])
      hash = hash &* Self.primes[0] &+ Self.primes[3]
    }
    return hash
  }

  @inline(__always)
  private static func round(_ accumulator: UInt64, _ input: UInt64) -> UInt64 {
    rotate(accumulator &+ input &* 0xC2B2_AE3D_27D4_EB4F, 31) &* 0x9E37_79B1_85EB_CA87
  }

  @inline(__always)
  private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 {
    value &<< bits | value &>> (64 - bits)
  }

  @inline(__always)
  private static func load<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: RawSpan, _ offset: Int
  ) -> Integer {
    Integer(
      littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Integer.self))
  }
}

/// A sequence of tokens in a compact form.
struct TokenBatch {
  /// One code per token: the value of its single scalar, or `clusterBit` and its size in bytes.
  var codes: [UInt32] = []
  /// The UTF-8 bytes of the tokens with several scalars, concatenated.
  var clusters: [UInt8] = []

  static let clusterBit: UInt32 = 0x8000_0000

  mutating func removeAll() {
    codes.removeAll(keepingCapacity: true)
    clusters.removeAll(keepingCapacity: true)
  }

  /// Appends a token with these scalars.
  mutating func append(_ scalars: some Collection<Unicode.Scalar>) {
    if scalars.count == 1, let only = scalars.first {
      codes.append(only.value)
      return
    }
    let before = clusters.count
    for scalar in scalars { clusters.append(contentsOf: UTF8.encode(scalar) ?? Self.none) }
    codes.append(Self.clusterBit | UInt32(clusters.count - before))
  }

  private static let none = UTF8.EncodedScalar()

  /// The tokens as strings.
  var strings: [String] {
    var strings: [String] = []
    strings.reserveCapacity(codes.count)
    var position = 0
    for code in codes {
      if let scalar = Unicode.Scalar(code) {
        strings.append(String(scalar))
      } else {
        let end = position + Int(code & ~Self.clusterBit)
        strings.append(String(decoding: clusters[position..<end], as: UTF8.self))
        position = end
      }
    }
    return strings
  }
}

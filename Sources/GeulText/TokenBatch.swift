/// Units in the order of the text, in the form that is quick to count.
struct TokenBatch {
  /// One a unit: its scalar value if it is a single one, else `clusterBit` and its length in bytes.
  var codes: [UInt32] = []
  /// The UTF-8 bytes of the units of several scalar values, one behind the other.
  var clusters: [UInt8] = []

  static let clusterBit: UInt32 = 0x8000_0000

  mutating func removeAll() {
    codes.removeAll(keepingCapacity: true)
    clusters.removeAll(keepingCapacity: true)
  }

  /// Adds a unit made of these scalar values.
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

  /// Calls `body` with each unit's text.
  func forEach(_ body: (String) -> Void) {
    var at = 0
    for code in codes {
      if let scalar = Unicode.Scalar(code) {
        body(String(scalar))
      } else {
        let end = at + Int(code & ~Self.clusterBit)
        body(String(decoding: clusters[at..<end], as: UTF8.self))
        at = end
      }
    }
  }
}

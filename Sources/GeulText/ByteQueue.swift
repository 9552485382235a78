/// Bytes on their way from one stage to the next: added at the end, taken from the front.
///
/// It keeps its memory, so a stage that takes nearly everything each time costs no allocation.
struct ByteQueue: Sendable {
  var bytes: [UInt8] = []

  var count: Int { bytes.count }
  /// All bytes; of an array as a whole a slice costs nothing.
  var all: ArraySlice<UInt8> { bytes[...] }

  /// Forgets the first `count` bytes.
  mutating func removeFirst(_ count: Int) {
    if count == bytes.count {
      bytes.removeAll(keepingCapacity: true)
    } else if count > 0 {
      bytes.removeSubrange(..<count)
    }
  }
}

/// A queue of bytes between two stages: bytes are appended at the end and removed from the front.
///
/// The capacity is kept, so a stage that removes nearly all bytes each time does not allocate.
struct ByteQueue: Sendable {
  var bytes: [UInt8] = []

  var count: Int { bytes.count }
  /// All bytes, without a copy.
  var all: ArraySlice<UInt8> { bytes[...] }

  /// Removes the first `count` bytes.
  mutating func removeFirst(_ count: Int) {
    if count == bytes.count {
      bytes.removeAll(keepingCapacity: true)
    } else if count > 0 {
      bytes.removeSubrange(..<count)
    }
  }
}

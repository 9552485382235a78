/// A non-copyable array in one block of memory at a fixed address, aligned to 64 bytes.
///
/// The activations of a layer are stored in such buffers. Writing an element does not mutate the buffer itself, so it
/// can be a constant, and no access checks for a unique reference as `Buffer` does.
@safe
public struct FixedBuffer<Element: BitwiseCopyable & Sendable>: ~Copyable, Sendable {
  /// The number of elements.
  public let count: Int
  private let storage: BufferStorage

  /// Creates a buffer of `count` zeros.
  public init(zeros count: Int) {
    precondition(count >= 0, "count must be non-negative, is \(count)")
    self.count = count
    storage = BufferStorage(byteCount: count * MemoryLayout<Element>.stride)
  }

  /// The element at `index`.
  public subscript(index: Int) -> Element {
    get {
      precondition(0 <= index && index < count, "index \(index) is not in 0..<\(count)")
      return unsafe pointer[index]
    }
    nonmutating set {
      precondition(0 <= index && index < count, "index \(index) is not in 0..<\(count)")
      unsafe pointer[index] = newValue
    }
  }

  /// The elements, copied into an array.
  public var array: [Element] { unsafe Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// Copies the elements in `range` to the elements from `target` on; the two must not overlap.
  public func copy(_ range: Range<Int>, to target: Int) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "\(range) is not in 0..<\(count)")
    precondition(
      target >= 0 && target + range.count <= count,
      "\(range.count) elements at \(target) exceed the count \(count)")
    unsafe (pointer + target).update(from: pointer + range.lowerBound, count: range.count)
  }

  /// Adds the first `count` elements of another buffer.
  func add(_ other: borrowing Self, count: Int) where Element == Float {
    precondition(count <= min(self.count, other.count), "\(count) elements exceed the count")
    let (sums, others) = unsafe (pointer, other.pointer)
    for index in 0..<count { unsafe sums[index] += others[index] }
  }

  /// The address of the first element, for tests that it does not change.
  package var address: UInt { UInt(bitPattern: unsafe pointer) }

  /// The address of the first element, valid while the buffer is alive.
  var pointer: UnsafeMutablePointer<Element> {
    unsafe storage.memory.assumingMemoryBound(to: Element.self)
  }
}

/// Numbers in one block of memory, aligned to 64 bytes, with one owner: it cannot be copied, and its memory never moves.
///
/// The activations of a layer are such buffers. Writing does not change the buffer itself, so an owner can keep it in a
/// constant, and no access checks for uniqueness.
@safe
public struct FixedBuffer<Element: BitwiseCopyable & Sendable>: ~Copyable, Sendable {
  /// The number of elements.
  public let count: Int
  private let storage: BufferStorage

  /// Creates a buffer of `count` zeros.
  public init(zeros count: Int) {
    precondition(count >= 0, "a buffer of \(count) numbers")
    self.count = count
    storage = BufferStorage(byteCount: count * MemoryLayout<Element>.stride)
  }

  /// The element at `index`.
  public subscript(index: Int) -> Element {
    get {
      precondition(0 <= index && index < count, "index \(index) of \(count)")
      return unsafe pointer[index]
    }
    nonmutating set {
      precondition(0 <= index && index < count, "index \(index) of \(count)")
      unsafe pointer[index] = newValue
    }
  }

  /// The elements, copied into an array.
  public var array: [Element] { unsafe Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// Copies `range` to the elements from `target` on; the two must not overlap.
  public func move(_ range: Range<Int>, to target: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count)")
    precondition(target >= 0 && target + range.count <= count, "to \(target) of \(count)")
    unsafe (pointer + target).update(from: pointer + range.lowerBound, count: range.count)
  }

  /// The address of the first element, to see that it does not change.
  package var address: UInt { UInt(bitPattern: unsafe pointer) }

  /// The address of the first element, valid while the buffer is alive.
  var pointer: UnsafeMutablePointer<Element> {
    unsafe storage.memory.assumingMemoryBound(to: Element.self)
  }
}

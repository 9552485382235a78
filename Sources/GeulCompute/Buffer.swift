#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A copy-on-write array in one block of memory, aligned to 64 bytes.
///
/// Like `Array`, a copy shares its memory until one of the two is modified. Pointers to the memory never leave this
/// module.
@safe
public struct Buffer<Element: BitwiseCopyable & Sendable>: Sendable {
  /// The number of elements.
  public let count: Int
  private var storage: BufferStorage

  /// Creates a buffer of `count` zeros.
  public init(zeros count: Int) {
    precondition(count >= 0, "count must be non-negative, is \(count)")
    self.count = count
    storage =
      count == 0 ? emptyStorage : BufferStorage(byteCount: count * MemoryLayout<Element>.stride)
  }

  /// Creates a buffer with the elements of an array.
  public init(_ values: [Element]) {
    self.init(zeros: values.count)
    unsafe values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      unsafe mutablePointer().update(from: base, count: source.count)
    }
  }

  /// The element at `index`.
  public subscript(index: Int) -> Element {
    get {
      precondition(0 <= index && index < count, "index \(index) is not in 0..<\(count)")
      return unsafe pointer[index]
    }
    set {
      precondition(0 <= index && index < count, "index \(index) is not in 0..<\(count)")
      unsafe mutablePointer()[index] = newValue
    }
  }

  /// The elements, for reading.
  public var span: Span<Element> {
    @_lifetime(borrow self)
    get {
      let span = unsafe Span(_unsafeStart: pointer, count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The elements, for writing.
  public var mutableSpan: MutableSpan<Element> {
    @_lifetime(&self)
    mutating get {
      let span = unsafe MutableSpan(_unsafeStart: mutablePointer(), count: count)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// The elements, copied into an array.
  public var array: [Element] { unsafe Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// Sets all elements to zero.
  public mutating func clear() { clear(first: count) }

  /// Sets the elements in `range` to zero.
  public mutating func clear(_ range: Range<Int>) {
    precondition(
      0 <= range.lowerBound && range.upperBound <= count, "\(range) is not in 0..<\(count)")
    guard !range.isEmpty else { return }
    unsafe memset(
      mutablePointer() + range.lowerBound, 0, range.count * MemoryLayout<Element>.stride)
  }

  /// Sets the first `length` elements to zero.
  mutating func clear(first length: Int) {
    precondition(0 <= length && length <= count, "length \(length) is not in 0...\(count)")
    unsafe memset(mutablePointer(), 0, length * MemoryLayout<Element>.stride)
  }

  /// Creates a buffer with the elements of another one in `range`.
  public init(_ other: Buffer, _ range: Range<Int>) {
    self.init(zeros: range.count)
    copy(other, range, to: 0)
  }

  /// Copies the elements of another buffer in `range` to the elements from `target` on.
  public mutating func copy(_ other: Buffer, _ range: Range<Int>, to target: Int) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= other.count,
      "\(range) is not in 0..<\(other.count)")
    precondition(
      target >= 0 && target + range.count <= count,
      "\(range.count) elements at \(target) exceed the count \(count)")
    unsafe (mutablePointer() + target).update(
      from: other.pointer + range.lowerBound, count: range.count)
  }

  /// Copies the elements in `range` to the elements from `target` on; the two must not overlap.
  public mutating func copy(_ range: Range<Int>, to target: Int) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "\(range) is not in 0..<\(count)")
    precondition(
      target >= 0 && target + range.count <= count,
      "\(range.count) elements at \(target) exceed the count \(count)")
    let base = unsafe mutablePointer()
    unsafe (base + target).update(from: base + range.lowerBound, count: range.count)
  }

  var pointer: UnsafePointer<Element> {
    unsafe UnsafePointer(storage.memory.assumingMemoryBound(to: Element.self))
  }

  mutating func mutablePointer() -> UnsafeMutablePointer<Element> {
    if !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
    return unsafe storage.memory.assumingMemoryBound(to: Element.self)
  }
}

extension Buffer: Equatable where Element: Equatable {
  /// Returns true if both contain equal elements.
  public static func == (a: Buffer, b: Buffer) -> Bool {
    a.count == b.count && (0..<a.count).allSatisfy { a[$0] == b[$0] }
  }
}

/// The memory of a buffer, zero-initialized.
///
/// Unchecked: `Buffer` writes to the memory only while it holds the only reference, and a `FixedBuffer` is the only
/// owner of its storage.
@safe
final class BufferStorage: @unchecked Sendable {
  let byteCount: Int
  let memory: UnsafeMutableRawPointer

  /// The size in bytes from which on memory is mapped instead of allocated by `malloc`.
  ///
  /// Mapped pages are resident only once they are accessed, and are returned to the system when they are freed, while
  /// `malloc` keeps freed blocks: training 3 x 512 with a batch of 100 x 100 took 773 MB with `malloc`, 618 MB with
  /// mapped memory.
  private static let mappedSize = 1 << 20

  private var isMapped: Bool { byteCount >= Self.mappedSize }

  init(byteCount: Int) {
    self.byteCount = byteCount
    if byteCount >= Self.mappedSize {
      guard
        let mapped = unsafe mmap(
          nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        unsafe mapped != MAP_FAILED
      else { fatalError("Out of memory: cannot allocate \(byteCount) bytes.") }
      unsafe memory = mapped
    } else {
      unsafe memory = UnsafeMutableRawPointer.allocate(
        byteCount: max(byteCount, 64), alignment: 64)
      unsafe memset(memory, 0, byteCount)
    }
  }

  deinit {
    if isMapped {
      unsafe munmap(memory, byteCount)
    } else {
      unsafe memory.deallocate()
    }
  }

  func copy() -> BufferStorage {
    let copy = BufferStorage(byteCount: byteCount)
    unsafe copy.memory.copyMemory(from: memory, byteCount: byteCount)
    return copy
  }
}

private let emptyStorage = BufferStorage(byteCount: 0)

/// The arguments of a kernel call, pointers included, that several threads copy; each computes different columns.
///
/// Unchecked, like `SendablePointer`.
@unsafe
struct SendableArguments<Call>: @unchecked Sendable {
  let value: Call

  init(_ value: Call) { unsafe self.value = value }
}

/// A pointer through which several threads write to disjoint parts of an array.
///
/// Unchecked: the code that creates one ensures that the parts are disjoint and that the memory outlives the threads.
@unsafe
struct SendablePointer<Element>: @unchecked Sendable {
  let base: UnsafeMutablePointer<Element>
}

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Numbers in one block of memory, aligned to 64 bytes.
///
/// A value like `Array`: a copy shares its memory until one of the two is written to. Pointers to it never leave this module.
@safe
public struct Buffer<Element: BitwiseCopyable & Sendable>: Sendable {
  /// The number of elements.
  public let count: Int
  private var storage: BufferStorage

  /// Creates a buffer of `count` zeros.
  public init(zeros count: Int) {
    precondition(count >= 0, "a buffer of \(count) numbers")
    self.count = count
    storage =
      count == 0 ? emptyStorage : BufferStorage(byteCount: count * MemoryLayout<Element>.stride)
  }

  /// Creates a buffer with the elements of an array.
  public init(_ values: [Element]) {
    self.init(zeros: values.count)
    unsafe values.withUnsafeBufferPointer { from in
      guard let base = from.baseAddress else { return }
      unsafe mutablePointer().update(from: base, count: from.count)
    }
  }

  /// The element at `index`.
  public subscript(index: Int) -> Element {
    get {
      precondition(0 <= index && index < count, "index \(index) of \(count)")
      return unsafe pointer[index]
    }
    set {
      precondition(0 <= index && index < count, "index \(index) of \(count)")
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

  /// Sets the first elements to zero.
  mutating func clear(first number: Int) {
    precondition(0 <= number && number <= count, "\(number) of \(count)")
    unsafe memset(mutablePointer(), 0, number * MemoryLayout<Element>.stride)
  }

  /// Copies `range` to the elements from `target` on; the two must not overlap.
  public mutating func move(_ range: Range<Int>, to target: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count)")
    precondition(target >= 0 && target + range.count <= count, "to \(target) of \(count)")
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
  /// Returns true if both hold equal elements.
  public static func == (a: Buffer, b: Buffer) -> Bool {
    a.count == b.count && (0..<a.count).allSatisfy { a[$0] == b[$0] }
  }
}

/// Unchecked: `Buffer` writes to the memory only while it holds the only reference, and `FixedBuffer` is its only owner.
@safe
final class BufferStorage: @unchecked Sendable {
  let byteCount: Int
  let memory: UnsafeMutableRawPointer

  /// The size from which on memory is mapped: it costs nothing until it is touched, and is returned at once when freed.
  ///
  /// The C library would keep a freed block for another of its size: training 3 x 512, batch 100 x 100, took 773 MB with
  /// it, 618 MB with mapped memory.
  private static let mappedSize = 1 << 20

  private var isMapped: Bool { byteCount >= Self.mappedSize }

  init(byteCount: Int) {
    self.byteCount = byteCount
    if byteCount >= Self.mappedSize {
      guard
        let mapped = unsafe mmap(
          nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        unsafe mapped != MAP_FAILED
      else { fatalError("no memory for \(byteCount) bytes") }
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

/// The arguments of a kernel call that several threads make, each for other columns.
///
/// Unchecked, like `SharedPointer`.
@unsafe
struct Shared<Call>: @unchecked Sendable {
  let value: Call

  init(_ value: Call) { unsafe self.value = value }
}

/// A pointer that several threads write through, each to a part of its own.
///
/// Unchecked: the code that creates one ensures that the parts are disjoint and that the memory outlives the threads.
@unsafe
struct SharedPointer<Element>: @unchecked Sendable {
  let base: UnsafeMutablePointer<Element>
}

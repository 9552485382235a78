#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Numbers in one block of memory that starts at a multiple of 64 bytes, as vectors want it.
///
/// A value like `Array`: a copy shares its memory until one of the two is written to. It is the one
/// owner of unsafe memory in Geul; pointers to it never leave this module.
@safe
public struct Buffer<Element: BitwiseCopyable & Sendable>: Sendable {
  /// How many numbers there are.
  public let count: Int
  private var storage: Storage

  /// `count` zeros.
  public init(zeros count: Int) {
    precondition(count >= 0, "a buffer of \(count) numbers")
    self.count = count
    // What stands in for a buffer that is being changed is made often: it must cost nothing.
    storage = count == 0 ? noStorage : Storage(byteCount: count * MemoryLayout<Element>.stride)
  }

  /// A copy of `values`.
  public init(_ values: [Element]) {
    self.init(zeros: values.count)
    unsafe values.withUnsafeBufferPointer { from in
      guard let base = from.baseAddress else { return }
      unsafe mutablePointer().update(from: base, count: from.count)
    }
  }

  /// The number at `index`.
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

  /// The numbers, to read.
  public var span: Span<Element> {
    @_lifetime(borrow self)
    get {
      let span = unsafe Span(_unsafeStart: pointer, count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The numbers, to write.
  public var mutableSpan: MutableSpan<Element> {
    @_lifetime(&self)
    mutating get {
      let span = unsafe MutableSpan(_unsafeStart: mutablePointer(), count: count)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// A copy of the numbers as an array.
  public var array: [Element] { unsafe Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// Sets every number to zero.
  public mutating func clear() { clear(first: count) }

  /// Sets the first numbers to zero.
  mutating func clear(first number: Int) {
    precondition(0 <= number && number <= count, "\(number) of \(count)")
    unsafe memset(mutablePointer(), 0, number * MemoryLayout<Element>.stride)
  }

  /// Copies `range` to the place that begins at `target`; the two must not overlap.
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
  /// Whether both hold the same numbers.
  public static func == (a: Buffer, b: Buffer) -> Bool {
    a.count == b.count && (0..<a.count).allSatisfy { a[$0] == b[$0] }
  }
}

/// Unchecked: `Buffer` writes to the memory only while it alone refers to it.
@safe
private final class Storage: @unchecked Sendable {
  let byteCount: Int
  let memory: UnsafeMutableRawPointer

  /// From this size on, memory comes from the system, costs nothing until it is touched, and goes back at once.
  ///
  /// The C library would keep a freed block for another of its size. Training 3 x 512, batch 100, length 100, took 773 MB
  /// before this, and 618 after, when a step stopped to copy the weights as well, which was 64 of them.
  private static let pages = 1 << 20

  private var isMapped: Bool { byteCount >= Self.pages }

  init(byteCount: Int) {
    self.byteCount = byteCount
    if byteCount >= Self.pages {
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

  func copy() -> Storage {
    let copy = Storage(byteCount: byteCount)
    unsafe copy.memory.copyMemory(from: memory, byteCount: byteCount)
    return copy
  }
}

private let noStorage = Storage(byteCount: 0)

/// A call that several lanes make, each for units of its own.
///
/// Unchecked, like `SharedPointer`.
@unsafe
struct Shared<Call>: @unchecked Sendable {
  let value: Call

  init(_ value: Call) { unsafe self.value = value }
}

/// A pointer that several lanes write through, each to its own part.
///
/// Unchecked: whoever makes one sees to it that the parts are disjoint and that the memory outlives the lanes.
@unsafe
struct SharedPointer<Element>: @unchecked Sendable {
  let base: UnsafeMutablePointer<Element>
}

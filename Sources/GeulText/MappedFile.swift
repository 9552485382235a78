import Foundation
import Synchronization

// The only Swift that calls the system on files, and that holds memory by its address.

/// Owner of an open file.
///
/// Its functions throw the system's words as a `SystemFailure`.
struct OpenFile: ~Copyable {
  private let descriptor: Int32
  private let isOwned: Bool

  /// The system's number and words for what went wrong: "Permission denied".
  struct SystemFailure: Error {
    var code = errno
    var words: String { unsafe String(cString: strerror(code)) }
    var isMissing: Bool { code == ENOENT || code == ENOTDIR }
  }

  /// Opens a file for reading.
  init(reading path: String) throws(SystemFailure) {
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    isOwned = true
    guard descriptor >= 0 else { throw SystemFailure() }
  }

  /// Makes a file for reading and writing that has no name, so that a crash leaves nothing behind.
  init(unnamedIn folder: String) throws(SystemFailure) {
    var path = Array("\(folder)/geul-XXXXXX".utf8CString)
    descriptor = unsafe mkstemp(&path)
    isOwned = true
    guard descriptor >= 0 else { throw SystemFailure() }
    unsafe unlink(path)
  }

  /// Standard input.
  init() {
    descriptor = STDIN_FILENO
    isOwned = false
  }

  deinit {
    if isOwned { close(descriptor) }
  }

  /// Appends the bytes that come next, at most `count`, and answers how many; 0 at the end.
  func read(_ count: Int, into bytes: inout [UInt8]) throws(SystemFailure) -> Int {
    let before = bytes.count
    var failure: SystemFailure?
    bytes.append(addingCapacity: count) { room in
      unsafe room.withUnsafeMutableBufferPointer { room, length in
        while length < before + count, let start = room.baseAddress {
          let got = unsafe Foundation.read(
            descriptor, start + length, before + count - length)
          if got < 0, errno == EINTR { continue }
          if got < 0 { failure = SystemFailure() }
          guard got > 0 else { return }
          length += got
        }
      }
    }
    if let failure { throw failure }
    return bytes.count - before
  }

  /// Fills `numbers` from the bytes at an offset, which the file must have.
  func read(_ numbers: inout MutableSpan<UInt32>, at offset: Int) throws(SystemFailure) {
    try unsafe numbers.withUnsafeMutableBytes { (bytes) throws(SystemFailure) in
      var done = 0
      while done < bytes.count {
        let start = unsafe bytes.baseAddress.map { unsafe $0 + done }
        let got = unsafe pread(descriptor, start, bytes.count - done, off_t(offset + done))
        if got < 0, errno == EINTR { continue }
        guard got > 0 else { throw SystemFailure() }
        done += got
      }
    }
  }

  /// Writes the memory of `numbers` at an offset.
  func write<Number: BitwiseCopyable>(
    _ numbers: Span<Number>, at offset: Int
  ) throws(SystemFailure) {
    try unsafe numbers.withUnsafeBytes { (bytes) throws(SystemFailure) in
      var done = 0
      while done < bytes.count {
        let start = unsafe bytes.baseAddress.map { unsafe $0 + done }
        let put = unsafe pwrite(descriptor, start, bytes.count - done, off_t(offset + done))
        if put < 0, errno == EINTR { continue }
        guard put > 0 else { throw SystemFailure() }
        done += put
      }
    }
  }

  /// Cuts the file to `size` bytes and maps them.
  consuming func map(size: Int) throws(SystemFailure) -> MappedFile {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw SystemFailure() }
    let memory = unsafe mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else { throw SystemFailure() }
    return unsafe MappedFile(UnsafeRawBufferPointer(start: memory, count: size))
  }
}

/// A file of numbers, mapped into memory.
///
/// `@unchecked Sendable` since it holds an address: the memory is only ever read, belongs to a file
/// without a name that nobody else has open, and is unmapped when the last owner goes.
@safe
final class MappedFile: @unchecked Sendable {
  private let memory: UnsafeRawBufferPointer
  /// How many bytes have been read since the process last let go of them all.
  private let read = Atomic(0)
  /// What the process may hold of a file: a larger one would fill its memory, read by read, as if it were its own.
  private static let held = 1 << 26
  /// What the system hands over with any byte that is read.
  private static let least = 1 << 16

  fileprivate init(_ memory: UnsafeRawBufferPointer) { unsafe self.memory = unsafe memory }

  deinit {
    if let start = unsafe memory.baseAddress {
      unsafe munmap(UnsafeMutableRawPointer(mutating: start), memory.count)
    }
  }

  /// How many bytes there are.
  var byteCount: Int { unsafe memory.count }

  /// Fills `out` with the numbers from the one of index `start` on, each of which takes as many
  /// bytes as `Number`.
  func copy<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type, from start: Int, into out: inout MutableSpan<Int32>
  ) {
    let count = byteCount / MemoryLayout<Number>.stride
    precondition(
      start >= 0 && start <= count && out.count <= count - start,
      "units \(start)..<\(start + out.count) of a corpus of \(count)")
    unsafe out.withUnsafeMutableBufferPointer { out in
      let numbers = unsafe memory.assumingMemoryBound(to: Number.self)
      for index in out.indices {
        unsafe out[index] = unsafe Int32(truncatingIfNeeded: numbers[start + index])
      }
    }
    letGo(afterReading: out.count * MemoryLayout<Number>.stride)
  }

  /// Lets go of the pages that have been read, when they are many; the system keeps them for as long as it has room.
  private func letGo(afterReading count: Int) {
    guard byteCount > Self.held else { return }
    let total = read.add(max(count, Self.least), ordering: .relaxed).newValue
    guard total > Self.held else { return }
    read.store(0, ordering: .relaxed)
    if let start = unsafe memory.baseAddress {
      unsafe madvise(UnsafeMutableRawPointer(mutating: start), byteCount, MADV_DONTNEED)
    }
  }
}

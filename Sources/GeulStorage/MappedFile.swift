import Synchronization

/// An array of integers in a memory-mapped file.
///
/// Unchecked: the memory is only read, belongs to a file without other writers, and is unmapped when
/// the last reference is released.
@safe
package final class MappedFile: @unchecked Sendable {
  private let memory: UnsafeRawBufferPointer
  /// The number of bytes read since the pages were last released.
  private let bytesRead = Atomic(0)

  /// The number of bytes that may be read before all pages are released.
  ///
  /// Without this limit, reading a larger file would increase the resident memory of the process up
  /// to the size of the file.
  private static let residentLimit = 1 << 26
  /// The number of bytes that the system maps at once when one of them is read.
  private static let readAhead = 1 << 16

  /// Changes the size of a file and maps its bytes.
  ///
  /// - Parameters:
  ///   - file: A file that is open for reading and writing. It may be closed afterwards.
  ///   - size: The number of bytes, greater than 0.
  /// - Throws: `FileError` if the disk is full or no address space is available.
  package init(_ file: FileDescriptor, size: Int) throws(FileError) {
    unsafe memory = try unsafe file.map(size: size)
  }

  deinit { unsafe SystemCall.unmap(memory) }

  /// The number of bytes.
  package var byteCount: Int { unsafe memory.count }

  /// Fills `out` with the elements that start at index `start`, read as `Int32`.
  package func copyInt32(from start: Int, into out: inout MutableSpan<Int32>) {
    copy(Int32.self, from: start, into: &out)
  }

  /// Fills `out` with the elements that start at index `start`, read as `UInt16`.
  package func copyUInt16(from start: Int, into out: inout MutableSpan<Int32>) {
    copy(UInt16.self, from: start, into: &out)
  }

  private func copy<Element: FixedWidthInteger & BitwiseCopyable>(
    _ type: Element.Type, from start: Int, into out: inout MutableSpan<Int32>
  ) {
    let count = byteCount / MemoryLayout<Element>.stride
    precondition(
      start >= 0 && start <= count && out.count <= count - start,
      "elements \(start)..<\(start + out.count) are not in 0..<\(count)")
    unsafe out.withUnsafeMutableBufferPointer { out in
      let elements = unsafe memory.assumingMemoryBound(to: Element.self)
      for index in out.indices {
        unsafe out[index] = unsafe Int32(truncatingIfNeeded: elements[start + index])
      }
    }
    releasePages(afterReading: out.count * MemoryLayout<Element>.stride)
  }

  /// Releases all pages once more than `residentLimit` bytes have been read.
  private func releasePages(afterReading count: Int) {
    guard byteCount > Self.residentLimit else { return }
    let total = bytesRead.add(max(count, Self.readAhead), ordering: .relaxed).newValue
    guard total > Self.residentLimit else { return }
    bytesRead.store(0, ordering: .relaxed)
    unsafe SystemCall.discard(memory)
  }
}

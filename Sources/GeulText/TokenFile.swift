import Foundation

// The only Swift that owns files and memory by hand.

/// Writes numbers of units to a file that has no name, so that a crash leaves nothing behind, and turns it into a `TokenFile`.
///
/// Numbers take four bytes while they are provisional.
struct TokenWriter: ~Copyable {
  private(set) var count = 0
  private let descriptor: Int32
  private let folder: String

  /// Makes the file in TMPDIR, else in /var/tmp, which unlike /tmp is never memory.
  init() throws(TextError) {
    let wish = ProcessInfo.processInfo.environment["TMPDIR"] ?? ""
    let folder = wish.isEmpty ? (isFolder("/var/tmp") ? "/var/tmp" : "/tmp") : wish
    var path = Array("\(folder)/geul-tokens-XXXXXX".utf8CString)
    descriptor = unsafe mkstemp(&path)
    guard descriptor >= 0 else { throw TextError(.disk(lastError()), in: folder) }
    unsafe unlink(path)
    self.folder = folder
  }

  deinit { close(descriptor) }

  /// Adds numbers at the end.
  mutating func append(_ numbers: [UInt32]) throws(TextError) {
    try unsafe numbers.span.withUnsafeBytes { (bytes) throws(TextError) in
      try unsafe write(bytes, at: count * 4)
    }
    count += numbers.count
  }

  /// Puts `ids[number]`, which may be -1, in place of each number, as narrow as `limit` allows, and maps the file.
  ///
  /// - Parameters:
  ///   - ids: The id of each number.
  ///   - limit: How many ids there are in the vocabulary.
  ///   - hash: Takes in each id.
  consuming func finish(
    ids: [Int32], limit: Int, hash: inout StableHash
  ) throws(TextError) -> TokenFile {
    let hasUnknown = ids.contains(-1)
    let isNarrow = limit + (hasUnknown ? 1 : 0) <= 1 << 16
    let blockCount = 1 << 16
    var numbers = [UInt32](repeating: 0, count: blockCount)
    var narrow = [UInt16](repeating: 0, count: blockCount)
    for start in stride(from: 0, to: count, by: blockCount) {
      let length = min(blockCount, count - start)
      var room = numbers.mutableSpan
      try unsafe room.withUnsafeMutableBytes { (bytes) throws(TextError) in
        try unsafe read(UnsafeMutableRawBufferPointer(rebasing: bytes[..<(length * 4)]), at: start * 4)
      }
      for index in 0..<length {
        let id = UInt32(bitPattern: ids[Int(numbers[index])])
        hash.add(id)
        numbers[index] = id
        narrow[index] = UInt16(truncatingIfNeeded: id)
      }
      // Narrow ids never overtake the numbers that are still to be read.
      if isNarrow {
        try unsafe narrow.span.withUnsafeBytes { (bytes) throws(TextError) in
          try unsafe write(UnsafeRawBufferPointer(rebasing: bytes[..<(length * 2)]), at: start * 2)
        }
      } else {
        try unsafe numbers.span.withUnsafeBytes { (bytes) throws(TextError) in
          try unsafe write(UnsafeRawBufferPointer(rebasing: bytes[..<(length * 4)]), at: start * 4)
        }
      }
    }
    let size = count * (isNarrow ? 2 : 4)
    guard ftruncate(descriptor, off_t(size)) == 0 else {
      throw TextError(.disk(lastError()), in: folder)
    }
    guard size > 0 else {
      return unsafe TokenFile(
        memory: UnsafeRawBufferPointer(start: nil, count: 0), isNarrow: isNarrow, hasUnknown: false)
    }
    let memory = unsafe mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
      throw TextError(.disk(lastError()), in: folder)
    }
    return unsafe TokenFile(
      memory: UnsafeRawBufferPointer(start: memory, count: size), isNarrow: isNarrow,
      hasUnknown: hasUnknown)
  }

  private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(TextError) {
    var done = 0
    while done < bytes.count {
      let start = unsafe bytes.baseAddress.map { unsafe $0 + done }
      let written = unsafe pwrite(descriptor, start, bytes.count - done, off_t(offset + done))
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw TextError(.disk(lastError()), in: folder) }
      done += written
    }
  }

  private func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(TextError) {
    var done = 0
    while done < bytes.count {
      let start = unsafe bytes.baseAddress.map { unsafe $0 + done }
      let got = unsafe pread(descriptor, start, bytes.count - done, off_t(offset + done))
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { throw TextError(.disk(lastError()), in: folder) }
      done += got
    }
  }
}

private func lastError() -> String { unsafe String(cString: strerror(errno)) }

/// Token ids in a file mapped into memory: two bytes an id, or four, in the machine's order.
///
/// `@unchecked Sendable` since it holds a pointer: the memory is mapped for reading only, from a file without a name that nobody
/// else has open, and is unmapped when the last owner goes.
@safe
final class TokenFile: @unchecked Sendable {
  private let memory: UnsafeRawBufferPointer
  /// Two bytes an id, where all ones mean -1 if there is an unknown unit.
  let isNarrow: Bool
  private let hasUnknown: Bool

  fileprivate init(memory: UnsafeRawBufferPointer, isNarrow: Bool, hasUnknown: Bool) {
    unsafe self.memory = unsafe memory
    self.isNarrow = isNarrow
    self.hasUnknown = hasUnknown
  }

  deinit {
    if let start = unsafe memory.baseAddress {
      unsafe munmap(UnsafeMutableRawPointer(mutating: start), memory.count)
    }
  }

  /// How many ids there are.
  var count: Int { unsafe memory.count / (isNarrow ? 2 : 4) }

  /// Copies the ids from `start` on until `out` is full.
  func copy(from start: Int, into out: inout MutableSpan<Int32>) {
    precondition(
      start >= 0 && out.count <= count - start,
      "units \(start)..<\(start + out.count) of a corpus of \(count)")
    unsafe out.withUnsafeMutableBufferPointer { out in
      if isNarrow {
        let ids = unsafe memory.assumingMemoryBound(to: UInt16.self)
        for index in out.indices {
          unsafe out[index] = unsafe Int32(ids[start + index])
        }
        guard hasUnknown else { return }
        for index in out.indices where unsafe out[index] == 0xFFFF {
          unsafe out[index] = -1
        }
      } else {
        let ids = unsafe memory.assumingMemoryBound(to: Int32.self)
        for index in out.indices { unsafe out[index] = unsafe ids[start + index] }
      }
    }
  }
}

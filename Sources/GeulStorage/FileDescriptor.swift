/// An open file, closed when the last reference to it is released.
///
/// ```swift
/// let file = try FileDescriptor(reading: "corpus.txt")
/// var bytes: [UInt8] = []
/// while try file.read(upTo: 65_536, appendingTo: &bytes) > 0 {}
/// ```
///
/// Calls that a signal interrupts are repeated. Every failure is a `FileError` with the path.
package final class FileDescriptor: Sendable {
  /// The path the file was opened by, or the name of a standard stream.
  package let path: String
  private let descriptor: Int32
  private let isOwned: Bool

  private init(_ path: String, _ descriptor: Int32, isOwned: Bool = true) {
    self.path = path
    self.descriptor = descriptor
    self.isOwned = isOwned
  }

  deinit {
    if isOwned { SystemCall.closeFile(descriptor) }
  }

  private convenience init(
    _ path: String, _ mode: SystemCall.Mode, _ action: FileError.Action
  ) throws(FileError) {
    self.init(
      path,
      try FileError.wrapping(path, action) { () throws(SystemError) in
        try SystemCall.openFile(path, mode)
      })
  }

  // MARK: Opening

  /// Standard input; it stays open.
  package static let standardInput = FileDescriptor(
    "standard input", SystemCall.standardInput, isOwned: false)

  /// Standard output; it stays open.
  package static let standardOutput = FileDescriptor(
    "standard output", SystemCall.standardOutput, isOwned: false)

  /// Standard error; it stays open.
  package static let standardError = FileDescriptor(
    "standard error", SystemCall.standardError, isOwned: false)

  /// Opens a file of any kind for reading, a pipe or a device included.
  package convenience init(reading path: String) throws(FileError) {
    try self.init(path, .reading, .open)
  }

  /// Opens a regular file for reading, and throws for any other kind of file.
  package convenience init(readingRegularFile path: String) throws(FileError) {
    // Nonblocking, because opening a pipe would otherwise wait for its writer.
    try self.init(path, .readingNonblocking, .open)
    guard try status().kind == .regular else {
      throw FileError(path: path, action: .open, reason: .notAFile)
    }
  }

  /// Opens a folder, to lock or synchronize it.
  convenience init(folder path: String, for action: FileError.Action) throws(FileError) {
    try self.init(path, .folder, action)
  }

  /// Opens a file for writing at its end, and creates it if it does not exist.
  package convenience init(appendingTo path: String) throws(FileError) {
    try self.init(path, .appending, .create)
  }

  /// Opens a device for writing without waiting for it, to find out whether that is possible.
  convenience init(probing path: String) throws(FileError) {
    try self.init(path, .probing, .open)
  }

  /// Creates or empties a file for writing, and locks it against other writers.
  ///
  /// - Throws: `FileError` with the reason `busy` if another process is writing it.
  static func createLocked(_ path: String) throws(FileError) -> FileDescriptor {
    while true {
      let file = try FileDescriptor(path, .writing, .create)
      guard file.lock() else {
        throw FileError(path: path, action: .create, reason: .busy)
      }
      // The previous holder of the lock may have renamed the file before this process got the
      // lock; then `path` names another file.
      let opened = try file.status()
      guard let named = try? SystemCall.status(path, followingLinks: false),
        named.isSameFile(as: opened)
      else { continue }
      try file.wrapping(.create) { () throws(SystemError) in
        try SystemCall.truncate(file.descriptor, to: 0)
      }
      return file
    }
  }

  /// Creates a file for reading and writing without a name, so that the system deletes it even after a crash.
  ///
  /// - Parameter folder: The folder on whose disk the file is created. It becomes the file's `path`.
  /// - Throws: `FileError` if the folder does not exist or is not writable.
  package convenience init(unnamedIn folder: String) throws(FileError) {
    self.init(
      folder,
      try FileError.wrapping(folder, .create) { () throws(SystemError) in
        try SystemCall.openUnnamed(in: folder)
      })
  }

  // MARK: Reading

  /// The size of the file in bytes.
  package func size() throws(FileError) -> Int { try status().size }

  private func status() throws(FileError) -> FileStatus {
    try wrapping(.read) { () throws(SystemError) in try SystemCall.status(descriptor) }
  }

  /// Reads the next bytes: `count` of them, or fewer at the end of the file.
  ///
  /// - Parameters:
  ///   - count: The maximum number of bytes to read.
  ///   - offset: The position in the file; nil for the current position.
  ///   - bytes: The array that the bytes are appended to.
  /// - Returns: The number of bytes read; 0 at the end of the file.
  /// - Throws: `FileError` if the file cannot be read. Bytes read before the error are appended.
  package func read(
    upTo count: Int, at offset: Int? = nil, appendingTo bytes: inout [UInt8]
  ) throws(FileError) -> Int {
    // An empty append would write to the storage that all empty arrays share.
    guard count > 0 else { return 0 }
    let start = bytes.count
    var failure: SystemError?
    bytes.append(addingCapacity: count) { output in
      unsafe output.withUnsafeMutableBufferPointer { buffer, length in
        // The buffer consists of the added capacity, `count` bytes.
        do throws(SystemError) {
          while length < buffer.count {
            let remaining = unsafe UnsafeMutableBufferPointer(rebasing: buffer[length...])
            let read = try unsafe SystemCall.readBytes(
              descriptor, at: offset.map { $0 + length },
              into: UnsafeMutableRawBufferPointer(remaining))
            guard read > 0 else { return }
            length += read
          }
        } catch {
          failure = error
        }
      }
    }
    if let failure { throw FileError(path: path, action: .read, failure) }
    return bytes.count - start
  }

  /// Reads all bytes from the current position to the end of the file.
  package func readToEnd() throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    while try read(upTo: 1 << 16, appendingTo: &bytes) > 0 {}
    return bytes
  }

  /// Fills `buffer` with the bytes that start at `offset`.
  ///
  /// - Throws: `FileError` with the reason `endsEarly` if the file has fewer bytes.
  package func read(at offset: Int, into buffer: inout MutableRawSpan) throws(FileError) {
    try unsafe buffer.withUnsafeMutableBytes { buffer throws(FileError) in
      var done = 0
      while done < buffer.count {
        let remaining = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
        let count = try wrapping(.read) { () throws(SystemError) in
          try unsafe SystemCall.readBytes(descriptor, at: offset + done, into: remaining)
        }
        guard count > 0 else { throw FileError(path: path, action: .read, reason: .endsEarly) }
        done += count
      }
    }
  }

  // MARK: Writing

  /// Writes all of `bytes`.
  ///
  /// - Parameters:
  ///   - bytes: The bytes to write.
  ///   - offset: The position in the file; nil for the current position.
  /// - Throws: `FileError` if the disk is full, a limit is reached or the device fails.
  package func write(_ bytes: RawSpan, at offset: Int? = nil) throws(FileError) {
    try unsafe bytes.withUnsafeBytes { buffer throws(FileError) in
      var done = 0
      while done < buffer.count {
        let remaining = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
        let count = try wrapping(.write) { () throws(SystemError) in
          try unsafe SystemCall.writeBytes(
            descriptor, at: offset.map { $0 + done }, from: remaining)
        }
        guard count > 0 else { throw FileError(path: path, action: .write, .inputOutput) }
        done += count
      }
    }
  }

  /// Changes the size of the file, and maps its bytes into memory for reading.
  ///
  /// - Precondition: `size` is greater than 0.
  func map(size: Int) throws(FileError) -> UnsafeRawBufferPointer {
    try wrapping(.write) { () throws(SystemError) in
      try SystemCall.truncate(descriptor, to: size)
    }
    return try unsafe wrapping(.map) { () throws(SystemError) in
      try unsafe SystemCall.map(descriptor, size: size)
    }
  }

  /// Gives the file the permissions of another one and, as far as the user may, its owner and group.
  func copyPermissions(of other: FileStatus) throws(FileError) {
    try wrapping(.write) { () throws(SystemError) in try other.copyPermissions(to: descriptor) }
  }

  /// Waits until the bytes written are on the disk (`fsync`).
  func synchronize() throws(FileError) {
    try wrapping(.flush) { () throws(SystemError) in try SystemCall.synchronize(descriptor) }
  }

  /// Takes an exclusive advisory lock, held until the file is closed, without waiting.
  ///
  /// - Returns: False if another process holds the lock. On a file system without locks, true.
  func lock() -> Bool { SystemCall.lock(descriptor) }

  private func wrapping<Result>(
    _ action: FileError.Action, _ body: () throws(SystemError) -> Result
  ) throws(FileError) -> Result {
    try FileError.wrapping(path, action, body)
  }
}

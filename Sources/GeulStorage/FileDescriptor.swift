#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An open file, closed when the last reference to it goes; the only place where the system's file calls are made.
///
/// Every call is repeated when a signal interrupts it, and every failure is a `FileError`.
final class FileDescriptor: Sendable {
  /// The path it was opened by.
  let path: String
  private let descriptor: Int32

  private init(_ path: String, flags: Int32, action: FileError.Action) throws(FileError) {
    self.path = path
    descriptor = try Self.call(path, action) { unsafe open(path, flags | O_CLOEXEC, 0o666) }
  }

  deinit { _ = close(descriptor) }

  /// Opens a regular file for reading.
  convenience init(reading path: String) throws(FileError) {
    // O_NONBLOCK: opening a pipe must not wait for its writer before it is refused.
    try self.init(path, flags: O_RDONLY | O_NONBLOCK, action: .open)
    guard try status().st_mode & S_IFMT == S_IFREG else {
      throw FileError(path: path, action: .open, reason: .notAFile)
    }
  }

  /// Opens an empty file for writing, creating it if there is none, and keeps other processes from doing the same.
  ///
  /// What a killed process left under this name is overwritten.
  static func empty(_ path: String) throws(FileError) -> FileDescriptor {
    while true {
      let file = try FileDescriptor(path, flags: O_WRONLY | O_CREAT | O_NOFOLLOW, action: .create)
      // Where the file system knows no locks, saving goes on without one.
      if flock(file.descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
        throw FileError(path: path, action: .create, reason: .busy)
      }
      // The one who had the lock may have renamed the file meanwhile: then it is no longer ours to write.
      var named = stat()
      let opened = try file.status()
      guard unsafe lstat(path, &named) == 0, named.st_ino == opened.st_ino,
        named.st_dev == opened.st_dev
      else { continue }
      _ = try call(path, .create) { ftruncate(file.descriptor, 0) }
      return file
    }
  }

  /// The length of the file in bytes.
  func size() throws(FileError) -> Int { Int(try status().st_size) }

  private func status() throws(FileError) -> stat {
    var result = stat()
    _ = try Self.call(path, .read) { unsafe fstat(descriptor, &result) }
    return result
  }

  /// Fills `buffer` with the bytes that begin at `offset`.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) {
    var done = 0
    while done < buffer.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = try Self.call(path, .read) {
        unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      }
      guard count > 0 else { throw FileError(path: path, action: .read, reason: .endsEarly) }
      done += count
    }
  }

  /// Writes all of `bytes` at the end of what was written before.
  func write(_ bytes: RawSpan) throws(FileError) {
    try unsafe bytes.withUnsafeBytes { buffer throws(FileError) in
      var done = 0
      while done < buffer.count {
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
        done += try Self.call(path, .write) {
          #if canImport(Darwin)
            unsafe Darwin.write(descriptor, rest.baseAddress, rest.count)
          #elseif canImport(Musl)
            unsafe Musl.write(descriptor, rest.baseAddress, rest.count)
          #else
            unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
          #endif
        }
      }
    }
  }

  /// Returns when the bytes written are on the disk.
  func flush() throws(FileError) {
    _ = try Self.call(path, .flush) { fsync(descriptor) }
  }
}

extension FileDescriptor {
  /// Makes the names in a folder as lasting as the bytes of its files.
  static func flush(folder path: String) throws(FileError) {
    let folder = try FileDescriptor(path, flags: O_RDONLY | O_DIRECTORY, action: .flush)
    do { try folder.flush() } catch  where error.reason == .system(EINVAL) {
      // Some file systems cannot flush a folder, and do not need it.
    }
  }

  /// Whether there is anything under this name, be it a broken link.
  static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  /// Whether there is a folder under this name.
  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Gives the file `path` the second name `other`; false where the file system has no second names.
  static func link(_ path: String, as other: String) throws(FileError) -> Bool {
    do {
      _ = try call(path, .link) { unsafe linkat(AT_FDCWD, path, AT_FDCWD, other, 0) }
      return true
    } catch {
      let without = [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].map(FileError.Reason.system)
      guard without.contains(error.reason) else { throw error }
      return false
    }
  }

  /// Gives the file `path` the name `other` in one step, in place of what had it before.
  static func rename(_ path: String, to other: String) throws(FileError) {
    _ = try call(other, .rename) { unsafe renameat(AT_FDCWD, path, AT_FDCWD, other) }
  }

  /// Removes the file `path`, if there is one.
  static func remove(_ path: String) { _ = unsafe unlink(path) }

  /// From now on a write past the file-size limit is an error (EFBIG), and no longer the end of the process.
  static let ignoresFileSizeSignal: Void = { _ = signal(SIGXFSZ, SIG_IGN) }()

  /// The system's words for an error number.
  static func systemMessage(_ code: Int32) -> String {
    guard let words = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: words)
  }

  /// What a person can do about an error number.
  static func remedy(_ code: Int32, saving: Bool) -> String {
    let kept = saving ? " What was saved before is unchanged." : ""
    return switch code {
    case ENOSPC, EDQUOT: "Free some space on that disk, or save elsewhere." + kept
    case EFBIG: "Raise the limit on file sizes (ulimit -f), or save elsewhere." + kept
    case EACCES, EPERM: "Change its permissions, or choose another folder." + kept
    case EROFS: "That disk is read-only: choose another folder." + kept
    case ENOENT where saving: "Create the folder first." + kept
    case ENOENT: "Check the path."
    case ENOTDIR: "A part of the path is not a folder: check the path." + kept
    default: "Check the disk and the path." + kept
    }
  }

  /// Calls the system until no signal interrupts; a negative result is an error.
  private static func call<Result: SignedInteger>(
    _ path: String, _ action: FileError.Action, _ body: () -> Result
  ) throws(FileError) -> Result {
    while true {
      let result = body()
      if result >= 0 { return result }
      let code = errno
      if code != EINTR { throw FileError(path: path, action: action, reason: .system(code)) }
    }
  }
}

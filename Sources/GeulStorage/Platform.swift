#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

// This is the only file of Geul that makes file system calls. `FileDescriptor`, `FileSystem` and
// `MappedFile` turn a `SystemError` into a `FileError` with a path.

/// An error number of the operating system (`errno`).
struct SystemError: Error, Equatable {
  let code: Int32

  static let notPermitted = SystemError(code: EPERM)
  static let notFound = SystemError(code: ENOENT)
  static let accessDenied = SystemError(code: EACCES)
  static let exists = SystemError(code: EEXIST)
  static let notAFolder = SystemError(code: ENOTDIR)
  static let invalidArgument = SystemError(code: EINVAL)
  static let fileTooLarge = SystemError(code: EFBIG)
  static let noSpace = SystemError(code: ENOSPC)
  static let readOnlyFileSystem = SystemError(code: EROFS)
  static let tooManyLinks = SystemError(code: EMLINK)
  static let notImplemented = SystemError(code: ENOSYS)
  static let notSupported = SystemError(code: EOPNOTSUPP)
  static let quotaExceeded = SystemError(code: EDQUOT)
  static let inputOutput = SystemError(code: EIO)
  static let wouldBlock = SystemError(code: EAGAIN)
  static let tooManyLinksInPath = SystemError(code: ELOOP)

  /// The system's message, such as "Permission denied".
  var message: String {
    guard let message = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: message)
  }
}

/// The properties of a file that a `stat` call returns.
struct FileStatus {
  let kind: FileSystem.Kind
  /// The size in bytes.
  let size: Int
  /// Indicates whether the file is a named pipe.
  let isPipe: Bool
  private let mode: mode_t
  private let owner: uid_t
  private let group: gid_t
  private let device: dev_t
  private let inode: ino_t

  fileprivate init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .folder
      case S_IFLNK: .symbolicLink
      default: .other
      }
    size = Int(status.st_size)
    isPipe = status.st_mode & S_IFMT == S_IFIFO
    (mode, owner, group) = (status.st_mode, status.st_uid, status.st_gid)
    device = status.st_dev
    inode = status.st_ino
  }

  /// Indicates whether the permissions forbid the user to write, even a user such as root whom the system would not stop.
  var isReadOnly: Bool {
    mode & (owner == geteuid() ? 0o200 : 0o222) == 0
  }

  /// Gives an open file the permissions of this one and, as far as the user may, its owner and group.
  ///
  /// Some file systems have no permissions.
  func copyPermissions(to descriptor: Int32) throws(SystemError) {
    // The largest number stands for no change.
    if fchown(descriptor, owner, group) != 0 { _ = fchown(descriptor, uid_t.max, group) }
    guard fchmod(descriptor, mode & 0o7777) != 0 else { return }
    let error = SystemError(code: errno)
    guard [.notPermitted, .notSupported, .notImplemented].contains(error) else { throw error }
  }

  /// Returns true if both describe the same file, even under different names.
  func isSameFile(as other: FileStatus) -> Bool {
    device == other.device && inode == other.inode
  }
}

/// The system calls, as functions that throw errors.
enum SystemCall {
  static let standardInput = STDIN_FILENO
  static let standardOutput = STDOUT_FILENO
  static let standardError = STDERR_FILENO

  /// The ways in which a file is opened.
  enum Mode {
    /// For reading a file of any kind.
    case reading
    /// For reading, without waiting for the writer of a named pipe.
    case readingNonblocking
    /// A folder, to lock or synchronize it.
    case folder
    /// For writing; the file is created if it does not exist. A symbolic link is an error.
    case writing
    /// For writing at the end; the file is created if it does not exist.
    case appending
    /// For writing to a device, without waiting for it.
    case probing

    fileprivate var flags: Int32 {
      switch self {
      case .reading: O_RDONLY
      case .readingNonblocking: O_RDONLY | O_NONBLOCK
      case .folder: O_RDONLY | O_DIRECTORY
      case .writing: O_WRONLY | O_CREAT | O_NOFOLLOW
      case .appending: O_WRONLY | O_CREAT | O_APPEND
      case .probing: O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY
      }
    }
  }

  /// Repeats a call as long as a signal interrupts it, and throws if the result is negative.
  private static func retry<Result: SignedInteger>(
    _ body: () -> Result
  ) throws(SystemError) -> Result {
    while true {
      let result = body()
      if result >= 0 { return result }
      let code = errno
      if code != EINTR { throw SystemError(code: code) }
    }
  }

  /// Repeats a call like `retry`, and waits if a nonblocking descriptor, such as a pipe that another
  /// process has set so, is not ready.
  private static func retry<Result: SignedInteger>(
    waitingFor event: Int32, _ descriptor: Int32, _ body: () -> Result
  ) throws(SystemError) -> Result {
    while true {
      do { return try retry(body) } catch {
        guard error == .wouldBlock else { throw error }
        var request = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        _ = try retry { unsafe poll(&request, 1, -1) }
      }
    }
  }

  /// Calls `body` with the bytes of a path, and repeats the call as long as a signal interrupts it.
  @discardableResult
  private static func withPath<Result: SignedInteger>(
    _ path: String, _ body: ([CChar]) -> Result
  ) throws(SystemError) -> Result {
    let bytes = try nullTerminated(path)
    return try retry { body(bytes) }
  }

  /// The bytes of a path with a terminating NUL.
  ///
  /// A path that contains a NUL would otherwise refer to another file.
  private static func nullTerminated(_ path: String) throws(SystemError) -> [CChar] {
    let bytes = PathString.bytes(path)
    guard !bytes.contains(0) else { throw .invalidArgument }
    return bytes.map { CChar(bitPattern: $0) } + [0]
  }

  // MARK: Open files

  static func openFile(_ path: String, _ mode: Mode) throws(SystemError) -> Int32 {
    try withPath(path) { path in unsafe open(path, mode.flags | O_CLOEXEC, 0o666) }
  }

  /// Creates a file for reading and writing, and removes its name.
  static func openUnnamed(in folder: String) throws(SystemError) -> Int32 {
    var path = try nullTerminated("\(folder)/geul-XXXXXX")
    let descriptor = try retry { unsafe mkstemp(&path) }
    _ = unsafe unlink(path)
    return descriptor
  }

  static func closeFile(_ descriptor: Int32) { _ = close(descriptor) }

  static func status(_ descriptor: Int32) throws(SystemError) -> FileStatus {
    var status = stat()
    _ = try retry { unsafe fstat(descriptor, &status) }
    return FileStatus(status)
  }

  /// Reads up to `buffer.count` bytes, from the current position if `offset` is nil.
  static func readBytes(
    _ descriptor: Int32, at offset: Int?, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Int {
    try retry(waitingFor: POLLIN, descriptor) {
      guard let offset else { return unsafe read(descriptor, buffer.baseAddress, buffer.count) }
      return unsafe pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
    }
  }

  /// Writes up to `buffer.count` bytes, to the current position if `offset` is nil.
  static func writeBytes(
    _ descriptor: Int32, at offset: Int?, from buffer: UnsafeRawBufferPointer
  ) throws(SystemError) -> Int {
    try retry(waitingFor: POLLOUT, descriptor) {
      guard let offset else { return unsafe write(descriptor, buffer.baseAddress, buffer.count) }
      return unsafe pwrite(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
    }
  }

  static func truncate(_ descriptor: Int32, to size: Int) throws(SystemError) {
    _ = try retry { ftruncate(descriptor, off_t(size)) }
  }

  static func synchronize(_ descriptor: Int32) throws(SystemError) {
    _ = try retry { fsync(descriptor) }
  }

  /// Takes an exclusive advisory lock without waiting.
  ///
  /// Returns false if another process holds it, and true on file systems without locks.
  static func lock(_ descriptor: Int32) -> Bool {
    flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
  }

  // MARK: Mapped memory

  static func map(_ descriptor: Int32, size: Int) throws(SystemError) -> UnsafeRawBufferPointer {
    let memory = unsafe mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
      throw SystemError(code: errno)
    }
    return unsafe UnsafeRawBufferPointer(start: memory, count: size)
  }

  static func unmap(_ memory: UnsafeRawBufferPointer) {
    guard let start = memory.baseAddress else { return }
    _ = unsafe munmap(UnsafeMutableRawPointer(mutating: start), memory.count)
  }

  /// Releases the pages of a mapping from the process; the system may keep them in its cache.
  static func discard(_ memory: UnsafeRawBufferPointer) {
    guard let start = memory.baseAddress else { return }
    _ = unsafe madvise(UnsafeMutableRawPointer(mutating: start), memory.count, MADV_DONTNEED)
  }

  // MARK: Names

  static func status(
    _ path: String, followingLinks: Bool
  ) throws(SystemError) -> FileStatus {
    var status = stat()
    try withPath(path) { path in
      unsafe followingLinks ? stat(path, &status) : lstat(path, &status)
    }
    return FileStatus(status)
  }

  static func makeLink(_ path: String, as other: String) throws(SystemError) {
    let other = try nullTerminated(other)
    try withPath(path) { path in unsafe linkat(AT_FDCWD, path, AT_FDCWD, other, 0) }
  }

  /// Returns the path that a symbolic link contains.
  static func target(ofLink path: String) throws(SystemError) -> String {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = try withPath(path) { path in unsafe readlink(path, &bytes, bytes.count) }
    return PathString.string(bytes.prefix(count).map { UInt8(bitPattern: $0) })
  }

  static func makeFolder(_ path: String) throws(SystemError) {
    try withPath(path) { path in unsafe mkdir(path, 0o777) }
  }

  static func renameFile(_ path: String, to other: String) throws(SystemError) {
    let other = try nullTerminated(other)
    try withPath(path) { path in unsafe renameat(AT_FDCWD, path, AT_FDCWD, other) }
  }

  static func removeFile(_ path: String) throws(SystemError) {
    try withPath(path) { path in unsafe unlink(path) }
  }

  static func removeEmptyFolder(_ path: String) throws(SystemError) {
    try withPath(path) { path in unsafe rmdir(path) }
  }

  /// Throws if this process may not create files in a folder.
  static func checkIsWritable(folder: String) throws(SystemError) {
    try withPath(folder) { path in unsafe access(path, W_OK | X_OK) }
  }

  /// Throws if this process may not write to a file.
  static func checkIsWritable(file: String) throws(SystemError) {
    try withPath(file) { path in unsafe access(path, W_OK) }
  }

  /// Returns the names in a folder in no particular order, without `.` and `..`.
  static func names(in folder: String) throws(SystemError) -> [String] {
    let path = try nullTerminated(folder)
    guard let stream = unsafe opendir(path) else { throw SystemError(code: errno) }
    defer { _ = unsafe closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        guard errno == 0 else { throw SystemError(code: errno) }
        return names
      }
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe PathString.string(Array(bytes.prefix { $0 != 0 }))
      }
      if name != ".", name != ".." { names.append(name) }
    }
  }

  // MARK: Process

  /// The value of an environment variable.
  static func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe PathString.string(bytes(of: $0)) }
  }

  /// The path of the current folder.
  static func currentFolder() throws(SystemError) -> String {
    guard let path = unsafe getcwd(nil, 0) else { throw SystemError(code: errno) }
    defer { unsafe free(path) }
    return unsafe PathString.string(bytes(of: path))
  }

  /// The arguments of the process, the program's name first.
  static var arguments: [String] {
    unsafe UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
      .compactMap { unsafe $0 }.map { unsafe PathString.string(bytes(of: $0)) }
  }

  private static func bytes(of string: UnsafePointer<CChar>) -> [UInt8] {
    unsafe UnsafeRawBufferPointer(start: string, count: strlen(string)).map { $0 }
  }

  /// Ignores SIGXFSZ from the first use on, so that a write past the file-size limit fails with
  /// EFBIG instead of ending the process.
  static let ignoresFileSizeSignal: Void = { _ = signal(SIGXFSZ, SIG_IGN) }()
}

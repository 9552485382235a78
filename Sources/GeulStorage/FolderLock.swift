#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Keeps other processes from training in a folder for as long as it lives; the system ends it with the process.
package struct FolderLock: ~Copyable {
  private let descriptor: Int32

  /// Takes the lock.
  ///
  /// - Throws: `FileError` if another process has it, or there is no such folder. Where the file system knows no
  ///   locks, there is none.
  package init(_ path: String) throws(FileError) {
    descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw FileError(path: path, action: .open, reason: .system(errno))
    }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      close(descriptor)
      throw FileError(path: path, action: .open, reason: .busy)
    }
  }

  deinit { close(descriptor) }
}

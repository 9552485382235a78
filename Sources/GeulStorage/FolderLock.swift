/// An exclusive lock on a folder, so that only one process trains in it.
///
/// The lock is released when the value is destroyed or the process ends.
package struct FolderLock: ~Copyable {
  private let folder: FileDescriptor

  /// Takes the lock without waiting.
  ///
  /// On a file system without locks, every process gets the lock.
  ///
  /// - Throws: `FileError` if the folder does not exist, or with the reason `busy` if another
  ///   process holds the lock.
  package init(_ path: String) throws(FileError) {
    let folder = try FileDescriptor(folder: path, for: .open)
    guard folder.lock() else {
      throw FileError(path: path, action: .open, reason: .busy)
    }
    self.folder = folder
  }
}

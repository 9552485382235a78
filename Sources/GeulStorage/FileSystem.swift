/// Operations on the names of files.
package enum FileSystem {
  /// The kind of a file.
  package enum Kind {
    case regular
    case folder
    case symbolicLink
    /// A pipe, a socket or a device.
    case other
  }

  /// Returns the kind of a file; a symbolic link is not followed.
  package static func kind(_ path: String) throws(FileError) -> Kind {
    try FileError.wrapping(path, .read) { () throws(SystemError) in
      try SystemCall.status(path, followingLinks: false).kind
    }
  }

  /// Returns true if the path leads to a folder, directly or through symbolic links.
  package static func isFolder(_ path: String) -> Bool {
    (try? SystemCall.status(path, followingLinks: true))?.kind == .folder
  }

  /// Returns true if the name exists, even as a broken symbolic link.
  package static func exists(_ path: String) -> Bool {
    (try? SystemCall.status(path, followingLinks: false)) != nil
  }

  /// Returns the names in a folder, in no particular order.
  package static func names(in folder: String) throws(FileError) -> [String] {
    try FileError.wrapping(folder, .read) { () throws(SystemError) in
      try SystemCall.names(in: folder)
    }
  }

  /// The folder for large temporary files: TMPDIR, otherwise /var/tmp, which unlike /tmp is never
  /// a file system in memory.
  package static var temporaryFolder: String {
    if let folder = SystemCall.environment("TMPDIR"), !folder.isEmpty { return folder }
    return isFolder("/var/tmp") ? "/var/tmp" : "/tmp"
  }

  /// Creates a folder and its missing parent folders; does nothing if the folder exists.
  ///
  /// - Throws: `FileError` if a folder cannot be created.
  package static func createFolder(_ path: String) throws(FileError) {
    guard !path.isEmpty, !isFolder(path) else { return }
    try createFolder(folder(of: path))
    do {
      try SystemCall.makeFolder(path)
    } catch {
      // Another process may have created it in the meantime.
      guard isFolder(path) else {
        throw FileError(path: path, action: .create, error == .exists ? .notAFolder : error)
      }
    }
  }

  /// Returns the path of the folder of a file; empty for a file in the current folder.
  package static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  /// Creates a hard link to a file.
  ///
  /// - Returns: False if the file system does not support hard links.
  static func link(_ path: String, as other: String) throws(FileError) -> Bool {
    do {
      try SystemCall.makeLink(path, as: other)
      return true
    } catch .notPermitted, .notSupported, .notImplemented, .tooManyLinks {
      return false
    } catch {
      throw FileError(path: path, action: .link, error)
    }
  }

  /// Renames a file atomically, and replaces any file that has the new name.
  static func rename(_ path: String, to other: String) throws(FileError) {
    try FileError.wrapping(other, .rename) { () throws(SystemError) in
      try SystemCall.renameFile(path, to: other)
    }
  }

  /// Removes a file if it exists.
  static func remove(_ path: String) { try? SystemCall.removeFile(path) }

  /// Waits until the names in a folder are on the disk (`fsync`).
  static func synchronize(folder path: String) throws(FileError) {
    let folder = try FileDescriptor(folder: path, for: .flush)
    do {
      try folder.synchronize()
    } catch  where error.reason == .system(SystemError.invalidArgument.code) {
      // Some file systems do not support this call on folders.
    }
  }
}

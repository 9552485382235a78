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

  /// Returns the size of a file in bytes; links are followed.
  package static func size(_ path: String) throws(FileError) -> Int {
    try FileError.wrapping(path, .read) { () throws(SystemError) in
      try SystemCall.status(path, followingLinks: true).size
    }
  }

  /// Returns false for a pipe, a socket or a device, whose bytes can be read only once; links are followed.
  package static func isRereadable(_ path: String) -> Bool {
    switch (try? SystemCall.status(path, followingLinks: true))?.kind {
    case .other: false
    case .regular, .folder, .symbolicLink, nil: true
    }
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

  /// Returns true if this process may create files in a folder.
  package static func isWritable(folder: String) -> Bool {
    (try? SystemCall.checkIsWritable(folder: folder)) != nil
  }

  /// Removes a folder if it is empty.
  package static func removeEmptyFolder(_ path: String) { try? SystemCall.removeEmptyFolder(path) }

  // MARK: Paths

  /// The arguments of the process without the program's name; bytes that are not UTF-8 are represented
  /// as in `PathString`.
  package static var arguments: [String] { Array(SystemCall.arguments.dropFirst()) }

  /// Returns the absolute form of a path: the current folder, a slash and the path.
  ///
  /// Nothing else is changed: `a/../b` is another file than `b` if `a` is a symbolic link, and `~` is a
  /// name like any other.
  ///
  /// - Throws: `FileError` if the current folder no longer exists.
  package static func absolute(_ path: String) throws(FileError) -> String {
    guard path.utf8.first != slash else { return path }
    let current = try FileError.wrapping(".", .read) { () throws(SystemError) in
      try SystemCall.currentFolder()
    }
    return current == "/" ? "/" + path : current + "/" + path
  }

  /// The folder of a file: the path before the last slash; empty for a file in the current folder.
  package static func folder(of path: String) -> String {
    guard let index = path.utf8.lastIndex(of: slash) else { return "" }
    return index == path.utf8.startIndex ? "/" : String(path.utf8[..<index]) ?? ""
  }

  /// The last component of a path; trailing slashes are ignored.
  package static func name(of path: String) -> String {
    var bytes = path.utf8[...]
    while bytes.last == slash { bytes.removeLast() }
    if let index = bytes.lastIndex(of: slash) { bytes = bytes[bytes.index(after: index)...] }
    return String(bytes) ?? ""
  }

  /// The last component of a path without its extension.
  package static func stem(of path: String) -> String {
    let name = name(of: path)
    guard name != "..", let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")),
      dot != name.utf8.startIndex
    else {
      return name
    }
    return String(name.utf8[..<dot]) ?? name
  }

  /// Returns the path of the only existing file whose path differs from `path` in its Unicode
  /// normalization alone; nil if there is none or more than one.
  package static func canonicalEquivalent(of path: String) -> String? {
    let respelled = respelled(path)
    return exists(respelled) ? respelled : nil
  }

  /// Returns a path with its existing components in the normalization of their names on disk.
  ///
  /// macOS stores and archives names in decomposed form (NFD), while keyboards enter composed ones. The
  /// components after the first one that does not exist in any form are kept.
  package static func respelled(_ path: String) -> String {
    let components = path.utf8.split(separator: slash).compactMap { String($0) }
    var found = path.utf8.first == slash ? "/" : ""
    for (index, component) in components.enumerated() {
      var name = component
      if !exists(found + name) {
        // Swift compares strings by canonical equivalence.
        let equal = ((try? names(in: found.isEmpty ? "." : found)) ?? []).filter { $0 == name }
        guard let only = equal.first, equal.count == 1 else {
          return found + components[index...].joined(separator: "/")
        }
        name = only
      }
      found += name + (index + 1 < components.count ? "/" : "")
    }
    return found
  }

  private static let slash = UInt8(ascii: "/")

  // MARK: Changes

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
  package static func remove(_ path: String) { try? SystemCall.removeFile(path) }

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

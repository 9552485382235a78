extension FileSystem {
  /// The file that bytes written to a path reach.
  enum Destination {
    /// The path of a file, a folder or nothing, which is not a symbolic link, and its properties; nil if nothing exists.
    case file(String, FileStatus?)
    /// A pipe, a socket, a device or an open file, which gets the bytes after those it has.
    case stream(isPipe: Bool)
  }

  /// The number of symbolic links that are followed, as in Linux.
  private static let maximumLinkCount = 40

  /// Finds the file that a path leads to through symbolic links, the last of which may be broken.
  ///
  /// - Throws: `FileError` if the links form a loop or cannot be read.
  static func destination(of path: String) throws(FileError) -> Destination {
    var target = path
    for _ in 0...maximumLinkCount {
      let status = try? SystemCall.status(target, followingLinks: false)
      if isDescriptor(target) {
        let file = try? SystemCall.status(target, followingLinks: true)
        return .stream(isPipe: file?.isPipe ?? false)
      }
      switch status?.kind {
      case .regular, .folder, nil: return .file(target, status)
      case .other: return .stream(isPipe: status?.isPipe ?? false)
      case .symbolicLink: break
      }
      let next = try FileError.wrapping(path, .read) { () throws(SystemError) in
        try SystemCall.target(ofLink: target)
      }
      let folder = folder(of: target)
      target =
        next.utf8.first == UInt8(ascii: "/") || folder.isEmpty
        ? next : (folder == "/" ? "" : folder) + "/" + next
    }
    throw FileError(path: path, action: .open, .tooManyLinksInPath)
  }

  /// Returns true if bytes written to a path are appended to an open file, a pipe, a socket or a device.
  package static func isStream(_ path: String) -> Bool {
    guard case .stream? = try? destination(of: path) else { return false }
    return true
  }

  /// Indicates whether a path names an open file of a process, such as that of standard output.
  ///
  /// Linux has symbolic links there, such as from `/dev/stdout` to `/proc/self/fd/1`, whose target would be replaced under
  /// the process that has it open.
  private static func isDescriptor(_ path: String) -> Bool {
    let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    guard path.utf8.first == UInt8(ascii: "/") else { return false }
    return parts.count == 3 && parts[..<2] == ["dev", "fd"]
      || parts.count > 3 && parts[0] == "proc" && parts[parts.count - 2] == "fd"
  }
}

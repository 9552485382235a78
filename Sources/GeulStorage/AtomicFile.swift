/// A file that is replaced atomically: readers see either all old bytes or all new bytes.
///
/// The new bytes are written to `NAME.partial` in the same folder and synchronized to disk before
/// the partial file is renamed. The file that had the name becomes the previous version, such as
/// `latest.previous.safetensors` for `latest.safetensors`. At any time, even after a power
/// failure, at least one of the two names refers to a complete file. If anything fails, the partial
/// file is removed and both names keep their files; only an error with the action `rename` may be
/// thrown after the new file has its name.
///
/// A symbolic link is followed: the file that it leads to is replaced, in its own folder. The new
/// file has the permissions of the old one. A file whose permissions do not allow writing is not
/// replaced. Devices and pipes, `/dev/stdout` included, are written to directly.
///
/// ```swift
/// try AtomicFile("run/latest.safetensors").replace { (out) throws(FileError) in
///   try out.write(bytes.span)
/// }
/// ```
public struct AtomicFile: Sendable, Equatable {
  /// The path of the file.
  public let path: String

  /// Creates a value for the file at a path, without opening it.
  public init(_ path: String) { self.path = path }

  /// The path of the previous version, with `.previous` before the extension; beside the file that a link leads to.
  public var previousPath: String {
    guard case .file(let path, _)? = try? FileSystem.destination(of: path) else {
      return Self.previousPath(of: path)
    }
    return Self.previousPath(of: path)
  }

  private static func previousPath(of path: String) -> String {
    let (name, stem) = (FileSystem.name(of: path), FileSystem.stem(of: path))
    let end = path.utf8.index(path.utf8.endIndex, offsetBy: stem.utf8.count - name.utf8.count)
    return path[..<end] + ".previous" + path[end...]
  }

  /// The destination of the new bytes.
  public struct Output: Sendable {
    let file: FileDescriptor

    /// Appends `bytes`.
    ///
    /// - Throws: `FileError` if the disk is full, a limit is reached or the device fails.
    public func write(_ bytes: Span<UInt8>) throws(FileError) { try write(bytes.raw) }

    /// Appends the bytes of elements of any type.
    func write(_ bytes: RawSpan) throws(FileError) { try file.write(bytes) }
  }

  /// Replaces the file with the bytes that `body` writes.
  ///
  /// From the first call on, the process ignores SIGXFSZ, so that reaching the file-size limit
  /// throws an error instead of ending the process.
  ///
  /// - Parameters:
  ///   - keepingPrevious: Pass true to keep the current file as the previous version. Pass false if
  ///     the current file is damaged; the previous version is then kept.
  ///   - body: Writes the new bytes.
  /// - Throws: Errors of `body`, or a `FileError` with the path and the system's reason.
  public func replace(
    keepingPrevious: Bool = true, with body: (Output) throws(FileError) -> Void
  ) throws(FileError) {
    SystemCall.ignoresFileSizeSignal
    switch try FileSystem.destination(of: path) {
    case .stream: try body(Output(file: FileDescriptor(appendingTo: path)))
    case .file(let path, let status):
      try Replacement(of: path, status, keepingPrevious: keepingPrevious).run(body)
    }
  }

  /// Throws if the file cannot be replaced, which a command finds out before a long computation.
  ///
  /// The file is not changed. A pipe is not opened, because its reader would see that as the end.
  ///
  /// - Parameter keepingPrevious: Pass true if the current file will become the previous version.
  /// - Throws: `FileError` with the path and the system's reason.
  package func check(keepingPrevious: Bool = false) throws(FileError) {
    switch try FileSystem.destination(of: path) {
    case .stream(isPipe: true):
      try FileError.wrapping(path, .open) { () throws(SystemError) in
        try SystemCall.checkIsWritable(file: path)
      }
    case .stream(isPipe: false): _ = try FileDescriptor(probing: path)
    case .file(let path, let status):
      try Replacement(of: path, status, keepingPrevious: keepingPrevious).check()
    }
  }

  /// The replacement of a file whose path is not a symbolic link.
  private struct Replacement {
    let path: String
    /// The properties of the file; nil if it does not exist.
    let status: FileStatus?
    let keepsPrevious: Bool

    /// Throws if the path is a folder, or a file is read-only.
    init(of path: String, _ status: FileStatus?, keepingPrevious: Bool) throws(FileError) {
      (self.path, self.status) = (path, status)
      keepsPrevious = keepingPrevious && status != nil
      guard status?.kind ?? .regular == .regular else {
        throw FileError(path: path, action: .rename, reason: .notAFile)
      }
      let previous =
        keepsPrevious ? try? SystemCall.status(previousPath, followingLinks: false) : nil
      for (path, status) in [(path, status), (previousPath, previous)]
      where status?.kind == .regular && status?.isReadOnly == true {
        throw FileError(path: path, action: .create, reason: .readOnly)
      }
    }

    private var previousPath: String { AtomicFile.previousPath(of: path) }

    /// The path that new bytes are written to until they are complete.
    private var partialPath: String { path + ".partial" }

    func check() throws(FileError) {
      _ = try FileDescriptor.createLocked(partialPath)
      FileSystem.remove(partialPath)
    }

    func run(_ body: (Output) throws(FileError) -> Void) throws(FileError) {
      let file = try FileDescriptor.createLocked(partialPath)
      do {
        if let status { try file.copyPermissions(of: status) }
        try body(Output(file: file))
        try file.synchronize()
        try commit()
      } catch {
        FileSystem.remove(partialPath)
        throw error
      }
      try withExtendedLifetime(file) { () throws(FileError) in  // keeps the lock
        let folder = FileSystem.folder(of: path)
        try FileSystem.synchronize(folder: folder.isEmpty ? "." : folder)
      }
    }

    /// Makes the current file the previous version, and the partial file the current one.
    private func commit() throws(FileError) {
      guard keepsPrevious, FileSystem.exists(path) else {
        return try FileSystem.rename(partialPath, to: path)
      }
      // A second link to the current file keeps the previous version in place until the new file
      // has its name.
      let aside = previousPath + ".partial"
      FileSystem.remove(aside)
      guard try FileSystem.link(path, as: aside) else { return try commitWithoutLinks() }
      defer { FileSystem.remove(aside) }
      try FileSystem.rename(partialPath, to: path)
      try FileSystem.rename(aside, to: previousPath)
    }

    /// Commits on a file system without hard links: for an instant, only the previous name exists.
    private func commitWithoutLinks() throws(FileError) {
      try FileSystem.rename(path, to: previousPath)
      do { try FileSystem.rename(partialPath, to: path) } catch {
        try FileSystem.rename(previousPath, to: path)
        throw error
      }
    }
  }
}

/// A file that is replaced atomically: readers see either all old bytes or all new bytes.
///
/// The new bytes are written to `NAME.partial` in the same folder and synchronized to disk before
/// the partial file is renamed. The file that had the name becomes the previous version, such as
/// `latest.previous.safetensors` for `latest.safetensors`. At any time, even after a power
/// failure, at least one of the two names refers to a complete file. If anything fails, the partial
/// file is removed and both names keep their files; only an error with the action `rename` may be
/// thrown after the new file has its name.
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

  /// The path of the previous version, with `.previous` before the extension.
  public var previousPath: String {
    let (name, stem) = (FileSystem.name(of: path), FileSystem.stem(of: path))
    let end = path.utf8.index(path.utf8.endIndex, offsetBy: stem.utf8.count - name.utf8.count)
    return path[..<end] + ".previous" + path[end...]
  }

  /// The path that new bytes are written to until they are complete.
  private var partialPath: String { path + ".partial" }

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
    // Renaming would replace a device such as /dev/null.
    guard !FileSystem.isFolder(path), FileSystem.isRereadable(path) else {
      throw FileError(path: path, action: .rename, reason: .notAFile)
    }
    let file = try FileDescriptor.createLocked(partialPath)
    do {
      try body(Output(file: file))
      try file.synchronize()
      try commit(keepingPrevious: keepingPrevious && FileSystem.exists(path))
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
  private func commit(keepingPrevious: Bool) throws(FileError) {
    guard keepingPrevious else { return try FileSystem.rename(partialPath, to: path) }
    // A second link to the current file keeps the previous version in place until the new file has
    // its name.
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

/// A file that is replaced in one step: whoever reads it finds the old bytes whole or the new bytes whole.
///
/// The new bytes go to `NAME.partial` in the same folder and to the disk before they take the name over. The file that
/// had the name becomes the previous one, `latest.previous.safetensors` beside `latest.safetensors`. At every instant,
/// a power cut included, the two names together lead to at least one whole file. If anything fails, the partial file
/// is removed and both names keep what they had; only an error with the action `rename` may come after the new file took
/// its name.
///
/// ```swift
/// try AtomicFile("run/latest.safetensors").replace { (out) throws(FileError) in
///   try out.write(bytes.span)
/// }
/// ```
public struct AtomicFile: Sendable, Equatable {
  /// The file's name, with its folder.
  public let path: String

  /// Names a file; nothing is opened.
  public init(_ path: String) { self.path = path }

  /// The name of the file before this one: `.previous` stands before the extension.
  public var previousPath: String {
    let (folder, name) = split
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else {
      return path + ".previous"
    }
    return folder + name[..<dot] + ".previous" + name[dot...]
  }

  /// Where new bytes wait until they are whole.
  private var partialPath: String { path + ".partial" }

  /// The folder with its slash, or nothing; and the name in it.
  private var split: (folder: Substring, name: Substring) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path[...]) }
    return (path[...slash], path[path.index(after: slash)...])
  }

  /// Takes the new bytes, one piece after the other.
  public struct Output: Sendable {
    let file: FileDescriptor

    /// Writes all of `bytes` after what was written before.
    ///
    /// - Throws: `FileError` if the disk is full, a limit is reached or the device fails.
    public func write(_ bytes: Span<UInt8>) throws(FileError) { try write(bytes.raw) }

    /// Writes the bytes of any numbers.
    func write(_ bytes: RawSpan) throws(FileError) { try file.write(bytes) }
  }

  /// Replaces the file by what `body` writes.
  ///
  /// From the first call on the process ignores SIGXFSZ, so that a limit on file sizes is an error as others are.
  ///
  /// - Parameters:
  ///   - keepingPrevious: Whether the file that is there now becomes the previous one. Pass false if it is known to be
  ///     damaged: then the previous one stays as it is.
  ///   - body: Writes the new bytes.
  /// - Throws: What `body` throws, or a `FileError` that names the path and the system's reason.
  public func replace(
    keepingPrevious: Bool = true, with body: (Output) throws(FileError) -> Void
  ) throws(FileError) {
    SystemCall.ignoresFileSizeSignal
    guard !FileSystem.isFolder(path) else {
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
    try withExtendedLifetime(file) { () throws(FileError) in  // its lock guards the names
      try FileSystem.synchronize(folder: split.folder.isEmpty ? "." : String(split.folder))
    }
  }

  /// Moves the names: the old file's to the previous one, the partial file's to this one.
  private func commit(keepingPrevious: Bool) throws(FileError) {
    guard keepingPrevious else { return try FileSystem.rename(partialPath, to: path) }
    // The old file gets a third name first, so that the previous one stays until the new one is in its place.
    let aside = previousPath + ".partial"
    FileSystem.remove(aside)
    guard try FileSystem.link(path, as: aside) else { return try commitWithoutLinks() }
    defer { FileSystem.remove(aside) }
    try FileSystem.rename(partialPath, to: path)
    try FileSystem.rename(aside, to: previousPath)
  }

  /// The same on a file system without hard links: for an instant, only the previous name leads to a file.
  private func commitWithoutLinks() throws(FileError) {
    try FileSystem.rename(path, to: previousPath)
    do { try FileSystem.rename(partialPath, to: path) } catch {
      try FileSystem.rename(previousPath, to: path)
      throw error
    }
  }
}

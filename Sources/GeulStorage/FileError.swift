/// A failed file operation: the path, the operation and the reason.
public struct FileError: Error, Equatable, Sendable {
  /// The operation that failed.
  public enum Action: String, Sendable {
    /// Opening a file to read it.
    case open
    /// Creating a file.
    case create
    /// Reading from an open file.
    case read
    /// Writing to an open file.
    case write
    /// Synchronizing a file or a folder to disk.
    case flush
    /// Mapping an open file into memory.
    case map
    /// Creating a hard link to a file.
    case link
    /// Renaming a file.
    case rename
  }

  /// The reason for a failure.
  public enum Reason: Equatable, Sendable {
    /// The system's error number (`errno`).
    case system(Int32)
    /// The path refers to a folder, a pipe or a device instead of a regular file.
    case notAFile
    /// The file ended before the requested bytes: it was truncated while it was read.
    case endsEarly
    /// Another process holds the lock on the file or folder.
    case busy
    /// The permissions of the file that would be replaced do not allow writing.
    case readOnly
    /// The header of a safetensors file would exceed the format's limit; its size in bytes.
    case headerTooLong(Int)
  }

  /// The path as it was given to the system.
  public let path: String
  /// The operation that failed.
  public let action: Action
  /// The reason for the failure.
  public let reason: Reason

  /// Creates an error for `action` on `path`.
  public init(path: String, action: Action, reason: Reason) {
    self.path = path
    self.action = action
    self.reason = reason
  }

  /// Creates an error for a failed system call.
  init(path: String, action: Action, _ error: SystemError) {
    self.init(path: path, action: action, reason: .system(error.code))
  }

  /// Returns the result of `body`, and throws a `FileError` in place of its `SystemError`.
  static func wrapping<Result>(
    _ path: String, _ action: Action, _ body: () throws(SystemError) -> Result
  ) throws(FileError) -> Result {
    do { return try body() } catch { throw FileError(path: path, action: action, error) }
  }

  /// Returns true if the path does not exist.
  package var isMissing: Bool {
    reason == .system(SystemError.notFound.code) || reason == .system(SystemError.notAFolder.code)
  }

  /// The reason without the path, such as "Permission denied".
  package var message: String {
    guard case .system(let code) = reason else { return problem }
    return SystemError(code: code).message
  }
}

extension FileError: CustomStringConvertible {
  /// The path, the failure and its cause, and a remedy.
  public var description: String { "\(path): \(problem). \(remedy)" }

  /// The failure and its cause, without the path.
  var problem: String {
    switch reason {
    case .system(let code): "could not \(verb): \(SystemError(code: code).message)"
    case .notAFile: "is not a regular file"
    case .endsEarly: "was truncated while it was read"
    case .busy: "is being written by another process"
    case .readOnly: "is read-only"
    case .headerTooLong(let bytes):
      "needs a header of \(bytes) bytes; the limit of the format is \(SafetensorsFile.headerLimit)"
    }
  }

  private var verb: String {
    switch action {
    case .open: "be opened"
    case .create: "be created"
    case .read: "be read"
    case .write: "be written"
    case .flush: "be synchronized to disk"
    case .map: "be mapped into memory"
    case .link: "be hard-linked"
    case .rename: "be renamed"
    }
  }

  /// Returns true if the failure occurred before a new file replaced an old one.
  private var isBeforeCommit: Bool {
    switch action {
    case .create, .write, .flush, .link: true
    case .open, .read, .map, .rename: false
    }
  }

  /// A suggestion for the user.
  private var remedy: String {
    switch reason {
    case .system(let code): Self.remedy(SystemError(code: code), isSaving: isBeforeCommit)
    case .notAFile: "Give the path of a file."
    case .endsEarly: "Try again when no other process writes to it."
    case .busy: "Wait until it has finished, or choose another directory."
    case .readOnly: "Make it writable (chmod u+w), or choose another file."
    case .headerTooLong: "Use a smaller vocabulary."
    }
  }

  private static func remedy(_ error: SystemError, isSaving: Bool) -> String {
    let kept = isSaving ? " Existing files are unchanged." : ""
    return switch error {
    case .noSpace, .quotaExceeded: "Free disk space, or choose another disk." + kept
    case .fileTooLarge: "Raise the file-size limit (ulimit -f), or choose another disk." + kept
    case .accessDenied, .notPermitted: "Change the permissions, or choose another directory." + kept
    case .readOnlyFileSystem: "The disk is read-only: choose another directory." + kept
    case .notFound where isSaving: "Create the directory first." + kept
    case .notFound: "Check the path."
    case .notAFolder: "Part of the path is not a directory: check the path." + kept
    default: "Check the disk and the path." + kept
    }
  }
}

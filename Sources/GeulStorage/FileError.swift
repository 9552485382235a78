/// What the system refused while a file was read or saved: which path, what was tried, why, and what to do.
public struct FileError: Error, Equatable, Sendable {
  /// What was tried when it failed.
  public enum Action: String, Sendable {
    /// Opening a file to read it.
    case open
    /// Creating the file that will take another's place.
    case create
    /// Reading from an open file.
    case read
    /// Writing to an open file.
    case write
    /// Waiting until the bytes are on the disk.
    case flush
    /// Mapping an open file into memory.
    case map
    /// Giving a file a second name.
    case link
    /// Giving a file its name, in place of what had it before, or making the folder's names last.
    case rename
  }

  /// Why it failed.
  public enum Reason: Equatable, Sendable {
    /// The system's error number (`errno`).
    case system(Int32)
    /// The path names a folder, a pipe or a device.
    case notAFile
    /// The file became shorter while it was read.
    case endsEarly
    /// Another process is saving under the same name at this moment.
    case busy
    /// The header of a safetensors file would be longer than any reader accepts, in bytes.
    case headerTooLong(Int)
  }

  /// The path as it was handed to the system.
  public let path: String
  /// What was tried.
  public let action: Action
  /// Why it failed.
  public let reason: Reason

  /// Describes a failure of `action` on `path`.
  public init(path: String, action: Action, reason: Reason) {
    self.path = path
    self.action = action
    self.reason = reason
  }

  /// Describes a failed system call.
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
  /// One sentence for a person: the path, what failed and why; then what to do about it.
  public var description: String { "\(path): \(problem). \(remedy)" }

  /// What failed and why, without the path.
  var problem: String {
    switch reason {
    case .system(let code): "could not \(verb): \(SystemError(code: code).message)"
    case .notAFile: "is not a regular file"
    case .endsEarly: "became shorter while it was read"
    case .busy: "is being written by another process"
    case .headerTooLong(let bytes):
      "needs a header of \(bytes) bytes, where safetensors readers accept "
        + "\(SafetensorsFile.headerLimit)"
    }
  }

  private var verb: String {
    switch action {
    case .open: "be opened"
    case .create: "be created"
    case .read: "be read"
    case .write: "be written"
    case .flush: "be brought to the disk"
    case .map: "be mapped into memory"
    case .link: "be kept under a second name"
    case .rename: "be put in its place"
    }
  }

  /// Whether the failure came before the new file took the old one's name.
  private var isBeforeCommit: Bool {
    switch action {
    case .create, .write, .flush, .link: true
    case .open, .read, .map, .rename: false
    }
  }

  /// What to do about it.
  private var remedy: String {
    switch reason {
    case .system(let code): Self.remedy(SystemError(code: code), isSaving: isBeforeCommit)
    case .notAFile: "Give the path of a file."
    case .endsEarly: "Try again when nothing else writes to it."
    case .busy: "Let it finish, or choose another folder."
    case .headerTooLong: "Use a smaller vocabulary."
    }
  }

  private static func remedy(_ error: SystemError, isSaving: Bool) -> String {
    let kept = isSaving ? " What was saved before is unchanged." : ""
    return switch error {
    case .noSpace, .quotaExceeded: "Free some space on that disk, or save elsewhere." + kept
    case .fileTooLarge: "Raise the limit on file sizes (ulimit -f), or save elsewhere." + kept
    case .accessDenied, .notPermitted: "Change its permissions, or choose another folder." + kept
    case .readOnlyFileSystem: "That disk is read-only: choose another folder." + kept
    case .notFound where isSaving: "Create the folder first." + kept
    case .notFound: "Check the path."
    case .notAFolder: "A part of the path is not a folder: check the path." + kept
    default: "Check the disk and the path." + kept
    }
  }
}

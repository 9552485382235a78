import Geul
import GeulCommandSupport

/// A file that a command writes once, or standard output.
struct OutputFile {
  /// The path.
  let path: String
  /// The option that names the file, for messages.
  private let option: String
  /// Indicates whether the file is standard output.
  let isStandardOutput: Bool

  /// Creates a value for a path on the command line; `-` is standard output if that makes sense.
  init(_ path: String, option: String, orStandardOutput: Bool = false) {
    (self.path, self.option) = (creatable(path), option)
    isStandardOutput = orStandardOutput && path == "-"
  }

  /// Indicates whether it is a file that exists and can be read again.
  var exists: Bool { !isStandardOutput && FileSystem.exists(path) && !FileSystem.isStream(path) }

  /// Throws if the file cannot be written, or exists and is not to be overwritten; called before a long computation.
  ///
  /// - Parameters:
  ///   - overwriting: Pass true if an existing file is replaced.
  ///   - force: The option with which an existing file is replaced; nil if there is none.
  /// - Throws: `CommandError` with the reason and the option.
  func check(overwriting: Bool, force: String? = "--force") throws {
    guard !isStandardOutput else { return }
    if FileSystem.isFolder(path) {
      throw CommandError("\(path) is a directory. Give a file with \(option).")
    }
    // A pipe or a device is written to.
    guard overwriting || !exists else {
      throw CommandError(
        "\(path) already exists. Choose another \(option)\(force.map { ", or add \($0)" } ?? "").")
    }
    try explained { () throws(FileError) in try AtomicFile(path).check() }
  }

  /// Writes the file, and a note that it was written in `language`; an existing regular file is replaced atomically.
  func write(_ bytes: [UInt8], in language: Language = .english) throws {
    try writeSilently(bytes)
    if !isStandardOutput { Output.note(language("Wrote \(path)", "저장: \(path)")) }
  }

  /// Writes the file; an existing regular file is replaced atomically.
  func writeSilently(_ bytes: [UInt8]) throws {
    guard !isStandardOutput else {
      _ = try Output.bytes(bytes)
      return
    }
    try explained { () throws(FileError) in
      try AtomicFile(path).replace(keepingPrevious: false) { (out) throws(FileError) in
        try out.write(bytes.span)
      }
    }
  }

  /// Runs a function that writes the file, and explains its error with the option that names the file.
  func explained(_ body: () throws(FileError) -> Void) throws {
    do throws(FileError) { try body() } catch {
      if error.reason == .readOnly {
        throw CommandError(
          "\(path): is read-only. Make it writable (chmod u+w), or choose another file for \(option)."
        )
      }
      throw CommandError(
        "\(path): cannot be written: \(error.message). Choose another file for \(option).")
    }
  }
}

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
  var exists: Bool {
    !isStandardOutput && FileSystem.exists(path) && FileSystem.isRereadable(path)
  }

  /// Throws if the file cannot be written, or exists and is not to be overwritten; called before a long computation.
  func check(overwriting: Bool) throws {
    guard !isStandardOutput else { return }
    if FileSystem.isFolder(path) {
      throw CommandError("\(path) is a directory. Give a file with \(option).")
    }
    let folder = FileSystem.folder(of: path)
    guard FileSystem.isWritable(folder: folder.isEmpty ? "." : folder) else { throw unwritable }
    // A pipe or a device is written to.
    guard overwriting || !exists else {
      throw CommandError("\(path) already exists. Choose another \(option), or add --force.")
    }
  }

  /// Writes the file, and a note that it was written in `language`; an existing regular file is replaced atomically.
  func write(_ bytes: [UInt8], in language: Language = .english) throws {
    guard !isStandardOutput else {
      _ = try Output.bytes(bytes)
      return
    }
    try writeSilently(bytes)
    Output.note(language("Wrote \(path)", "저장: \(path)"))
  }

  /// Writes the file; an existing regular file is replaced atomically.
  func writeSilently(_ bytes: [UInt8]) throws {
    do {
      guard FileSystem.isRereadable(path) else {
        return try FileDescriptor(appendingTo: path).write(bytes.span.raw)
      }
      try AtomicFile(path).replace(keepingPrevious: false) { (out) throws(FileError) in
        try out.write(bytes.span)
      }
    } catch { throw unwritable }
  }

  private var unwritable: CommandError {
    CommandError("\(path): cannot be written. Choose another file for \(option).")
  }
}

import Geul
import GeulCommandSupport

/// An HTML file that a command writes.
struct HTMLFile {
  private let path: String
  /// The option that names the file, for messages.
  private let option: String

  /// Creates a value for a path on the command line.
  init(_ path: String, option: String) {
    (self.path, self.option) = (creatable(path), option)
  }

  /// Throws if the file cannot be written; called before a long computation.
  func check() throws {
    let folder = FileSystem.folder(of: path)
    if FileSystem.isFolder(path) {
      throw CommandError("\(path) is a directory. Give a file with \(option).")
    }
    guard FileSystem.isWritable(folder: folder.isEmpty ? "." : folder) else { throw unwritable }
  }

  /// Writes the file; an existing regular file is replaced atomically.
  ///
  /// The note that it was written is in `language`.
  func write(_ html: String, in language: Language = .english) throws {
    do {
      guard FileSystem.isRereadable(path) else {
        try FileDescriptor(appendingTo: path).write(Array(html.utf8).span.raw)
        return
      }
      try AtomicFile(path).replace(keepingPrevious: false) { (out) throws(FileError) in
        try out.write(Array(html.utf8).span)
      }
    } catch {
      throw unwritable
    }
    Output.note(language("Wrote \(path)", "저장: \(path)"))
  }

  private var unwritable: CommandError {
    CommandError("\(path): cannot be written. Choose another file for \(option).")
  }
}

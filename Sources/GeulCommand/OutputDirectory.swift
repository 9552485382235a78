import Geul
import GeulCommandSupport

/// A directory in which a command creates files.
struct OutputDirectory {
  /// The path.
  let path: String
  /// The option that names the directory, for messages.
  private let option: String

  /// Creates a value for a path on the command line.
  init(_ path: String, option: String) { (self.path, self.option) = (creatable(path), option) }

  /// Throws if no file can be created there; called before a long computation.
  ///
  /// The directory and its parents are not created.
  func check() throws {
    var folder = path
    while !FileSystem.exists(folder) {
      let parent = FileSystem.folder(of: folder)
      folder = parent.isEmpty ? "." : parent
    }
    do throws(FileError) { _ = try FileDescriptor(unnamedIn: folder) } catch {
      throw CommandError(
        "\(path): cannot be written: \(error.message). Choose another directory for \(option).")
    }
  }
}

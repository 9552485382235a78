import Geul
import GeulCommandSupport

/// The files in which a writing session saves its text.
struct WritingFiles {
  /// The file of `--output`.
  let output: OutputFile?
  /// The contents of the file of `--output`; nil if it does not exist.
  var savedText: String?
  /// The paths of the files that this session wrote.
  private var written: Set<String> = []

  /// Creates a value; `output` is the file of `--output`.
  init(output: OutputFile?) { self.output = output }

  /// Saves the text in the file of `--output`, unless the file has it already.
  ///
  /// - Parameter text: The text.
  /// - Throws: `CommandError` if the file cannot be written.
  mutating func saveAtEnd(_ text: String) throws {
    if let savedText, text.utf8.elementsEqual(savedText.utf8) { return }
    guard let output else { return }
    try output.write(Array(text.utf8))
    savedText = text
  }

  /// Saves a text.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - path: The value of `/save`; nil for the file of `--output`. A file that exists must be one that this session
  ///     saved.
  /// - Returns: A sentence for the user.
  /// - Throws: `CommandError` if there is no file or it cannot be written.
  mutating func save(_ text: String, _ path: String?) throws -> String {
    guard let file = path.map({ OutputFile($0, option: "/save") }) ?? output else {
      throw CommandError("Name a file: /save FILE. Or start with --output FILE.")
    }
    let isOwn = file.path == output?.path || written.contains(file.path)
    guard isOwn || !file.exists else {
      throw CommandError("\(file.path) already exists. Choose another file.")
    }
    try file.check(overwriting: true)
    try file.writeSilently(Array(text.utf8))
    written.insert(file.path)
    if file.path == output?.path { savedText = text }
    return "Wrote \(file.path)"
  }
}

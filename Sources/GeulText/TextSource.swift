/// A source of text.
public enum TextSource: Sendable, Equatable {
  /// The path of a file, or of a folder whose text files are read.
  case path(String)
  /// Standard input.
  case standardInput
  /// Bytes in memory, with a name for messages.
  case bytes([UInt8], name: String)

  /// Creates a source from a command-line argument: a path, or `-` for standard input.
  public init(argument: String) {
    self = argument == "-" ? .standardInput : .path(argument)
  }

  /// Creates a source from a string.
  public static func text(_ text: String, name: String = "text") -> TextSource {
    .bytes(Array(text.utf8), name: name)
  }

  /// The name in messages.
  public var name: String {
    switch self {
    case .path(let path): path
    case .standardInput: "standard input"
    case .bytes(_, let name): name
    }
  }
}

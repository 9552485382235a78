/// Where text comes from.
public enum TextSource: Sendable, Equatable {
  /// A file, or a folder whose text files are read, by its path.
  case path(String)
  /// Standard input, up to its end.
  case standardInput
  /// Bytes at hand, under a name for messages.
  case bytes([UInt8], name: String)

  /// What an argument of the command line means: a path, or `-` for standard input.
  public init(argument: String) {
    self = argument == "-" ? .standardInput : .path(argument)
  }

  /// Text at hand, as UTF-8.
  public static func text(_ text: String, name: String = "text") -> TextSource {
    .bytes(Array(text.utf8), name: name)
  }

  /// What messages call it.
  public var name: String {
    switch self {
    case .path(let path): path
    case .standardInput: "standard input"
    case .bytes(_, let name): name
    }
  }
}

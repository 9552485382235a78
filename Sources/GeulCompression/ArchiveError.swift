/// Why an archive cannot be unpacked.
public enum ArchiveError: Error, Sendable, Equatable, CustomStringConvertible {
  /// It does not begin as one.
  case notAnArchive
  /// A later version of the program made it.
  case newer(version: Int)
  /// It was made with another model.
  case otherModel
  /// It ends early, or what comes out is not what went in.
  case damaged
  /// It says, or turns out, to be of more bytes than are wanted.
  case tooLarge(limit: Int)

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .notAnArchive: "is not a file that geul compress wrote. Give one that is."
    case .newer(let version):
      "has version \(version) of the format, which this program cannot read. Use the program that wrote it, or a newer one."
    case .otherModel:
      "was compressed with another model, and only that one can unpack it. Give that model with --model."
    case .damaged:
      "is damaged: what comes out is not what went in. Fetch it again from where it came."
    case .tooLarge(let limit):
      "unpacks to more than \(limit) bytes. If you trust it, allow more with --limit."
    }
  }
}

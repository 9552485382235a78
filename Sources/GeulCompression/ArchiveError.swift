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
    }
  }
}

/// The reason why an archive cannot be decompressed.
public enum ArchiveError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file does not start with the magic number of an archive.
  case notAnArchive
  /// The archive has a format version that this program does not support.
  case unsupportedVersion(Int)
  /// The archive was compressed with a different model.
  case modelMismatch
  /// The archive is truncated, or the checksum of the decompressed bytes does not match.
  case damaged
  /// The decompressed size exceeds the limit, in bytes.
  case tooLarge(limit: Int)

  /// A predicate for the archive's name, and the remedy.
  public var description: String {
    switch self {
    case .notAnArchive:
      "is not an archive written by geul compress. Give a file that geul compress wrote."
    case .unsupportedVersion(let version):
      "has format version \(version), which this program does not support."
        + " Use the version of geul that wrote it, or a newer one."
    case .modelMismatch:
      "was compressed with a different model. Give the model it was compressed with by --model."
    case .damaged:
      "is damaged: it is truncated or its checksum does not match. Get a new copy of it."
    case .tooLarge(let limit):
      "decompresses to more than \(limit) bytes. If you trust its source, raise --limit."
    }
  }
}

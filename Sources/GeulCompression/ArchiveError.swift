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

  /// The problem and the remedy.
  public var description: String {
    switch self {
    case .notAnArchive:
      "not an archive of geul compress. Pass a file that geul compress wrote."
    case .unsupportedVersion(let version):
      "archive format version \(version) is not supported. Use the version of geul that wrote the archive, or a newer one."
    case .modelMismatch:
      "compressed with a different model. Pass the model it was compressed with as --model, and --no-ngrams if compress had it."
    case .damaged:
      "damaged archive: it is truncated, or its checksum does not match. Get a new copy."
    case .tooLarge(let limit):
      "the decompressed size is above the limit of \(limit) bytes. If you trust the source of the archive, raise --limit."
    }
  }
}

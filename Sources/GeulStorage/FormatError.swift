/// An error in a safetensors file.
public struct FormatError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The path of the file, or the name given to its bytes.
  public let file: String
  /// The reason for the error.
  public let reason: Reason

  /// Creates an error for `file`.
  public init(file: String, reason: Reason) {
    self.file = file
    self.reason = reason
  }

  /// The file, the problem and a remedy.
  public var description: String {
    if case .unreadable(let error) = reason { return error.description }
    return "\(file): \(reason)"
  }

  /// A reason for an error.
  public enum Reason: Error, Equatable, Sendable {
    /// The file cannot be read.
    case unreadable(FileError)
    /// The file has fewer bytes than the length field at its start.
    case tooShort(bytes: Int)
    /// The header length in the first 8 bytes exceeds the limit; probably a file of another format.
    case headerTooLong(bytes: UInt64)
    /// The file ends before its header or its data; both in bytes.
    case truncated(expected: Int, found: Int)
    /// The header is not valid UTF-8.
    case headerNotUTF8
    /// The header is not valid: the expected syntax and its byte offset in the file.
    case badHeader(expected: String, offset: Int)
    /// A name or a key occurs twice in the header.
    case duplicate(String)
    /// The dtype of a tensor is unknown.
    case unknownDtype(tensor: String, dtype: String)
    /// The number of elements of a tensor overflows.
    case shapeTooLarge(tensor: String)
    /// The data range of a tensor does not have the size of its shape; both in bytes.
    case wrongLength(tensor: String, expected: Int, found: Int)
    /// A tensor overlaps the one before it; both are offsets in the data.
    case overlap(tensor: String, begins: Int, expected: Int)
    /// There are unused bytes before a tensor; both are offsets in the data.
    case gap(tensor: String, begins: Int, expected: Int)
    /// There are bytes after the last tensor.
    case trailingBytes(Int)
    /// The checksum of the bytes differs from the one in the header.
    case wrongChecksum(expected: String, found: String)
    /// The checksum has an unknown format.
    case unknownChecksum(String)
    /// A file written by Geul has no checksum.
    case missingChecksum
    /// The file has no tensor of this name.
    case missingTensor(String)
    /// The shape of a tensor differs from the one that the reader expects.
    case wrongShape(tensor: String, expected: [Int], found: [Int])
    /// The dtype of a tensor differs from the one that the reader expects.
    case wrongDtype(tensor: String, expected: SafetensorsFile.Dtype, found: SafetensorsFile.Dtype)
    /// The metadata is invalid: a complete message from its reader.
    case metadata(String)
  }
}

extension FormatError.Reason: CustomStringConvertible {
  /// The problem and a remedy, to follow the name of the file.
  public var description: String {
    let damaged = "The file is damaged: use a copy or the previous file."
    let foreign = "The file is damaged or not a valid safetensors file."
    return switch self {
    case .unreadable(let error): error.problem + "."
    case .tooShort(let bytes):
      "has \(byteCount(bytes)), too few for a safetensors file. \(damaged)"
    case .headerTooLong(let bytes):
      "is not a safetensors file: its first 8 bytes would mean a header of \(bytes) bytes. "
        + "Give the path of a model."
    case .truncated(let expected, let found):
      "is truncated: expected \(expected) bytes, found \(found). \(damaged)"
    case .headerNotUTF8: "has a header that is not valid UTF-8. \(damaged)"
    case .badHeader(let expected, let offset):
      "has an invalid header: expected \(expected) at offset \(offset). \(foreign)"
    case .duplicate(let name): "has \"\(name)\" twice in its header. \(foreign)"
    case .unknownDtype(let tensor, let dtype):
      "tensor \"\(tensor)\" has the unknown dtype \"\(dtype)\". Convert it to F32."
    case .shapeTooLarge(let tensor):
      "tensor \"\(tensor)\" has a shape whose size overflows. \(foreign)"
    case .wrongLength(let tensor, let expected, let found):
      "tensor \"\(tensor)\" has \(byteCount(found)); its shape requires \(expected). \(foreign)"
    case .overlap(let tensor, let begins, let expected):
      "tensor \"\(tensor)\" starts at offset \(begins) of the data and overlaps the previous tensor, "
        + "which ends at offset \(expected). \(foreign)"
    case .gap(let tensor, let begins, let expected):
      "tensor \"\(tensor)\" starts at offset \(begins) of the data instead of \(expected), "
        + "where the previous tensor ends. \(foreign)"
    case .trailingBytes(let count): "has \(byteCount(count)) after the last tensor. \(damaged)"
    case .wrongChecksum(let expected, let found):
      "has the checksum \(found), expected \(expected). \(damaged)"
    case .unknownChecksum(let text): "has a checksum of unknown format, \"\(text)\". \(damaged)"
    case .missingChecksum: "has no checksum, unlike every file that Geul writes. \(damaged)"
    case .missingTensor(let name): "has no tensor \"\(name)\". Give a model that Geul wrote."
    case .wrongShape(let tensor, let expected, let found):
      "tensor \"\(tensor)\" has shape \(found); this model expects \(expected)."
    case .wrongDtype(let tensor, let expected, let found):
      "tensor \"\(tensor)\" is \(found.rawValue); this model expects \(expected.rawValue)."
    case .metadata(let message): message
    }
  }

  private func byteCount(_ count: Int) -> String { count == 1 ? "1 byte" : "\(count) bytes" }
}

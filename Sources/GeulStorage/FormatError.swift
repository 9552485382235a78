/// What is wrong with a safetensors file, in one sentence that says what, where and what to do.
public struct FormatError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file's path, or the name its bytes were read under.
  public let file: String
  /// What is wrong with it.
  public let reason: Reason

  /// Describes what is wrong with `file`.
  public init(file: String, reason: Reason) {
    self.file = file
    self.reason = reason
  }

  /// The file and what is wrong with it.
  public var description: String {
    if case .unreadable(let error) = reason { return error.description }
    return "\(file): \(reason)"
  }

  /// What is wrong with a file.
  public enum Reason: Error, Equatable, Sendable {
    /// The system could not read it.
    case unreadable(FileError)
    /// It has fewer bytes than the length field at its start.
    case tooShort(bytes: Int)
    /// Its first eight bytes promise a header beyond the limit, as those of another kind of file would.
    case headerTooLong(bytes: UInt64)
    /// It ends before its header or its data do.
    case cutShort(expected: Int, found: Int)
    /// Its header is not UTF-8.
    case headerNotUTF8
    /// Its header is not the JSON of a safetensors file: what was expected at which byte of the file.
    case badHeader(expected: String, offset: Int)
    /// A name or a key stands twice in the header.
    case duplicate(String)
    /// A tensor's numbers are of a kind that is not known.
    case unknownDtype(tensor: String, dtype: String)
    /// A tensor's shape has more numbers than can be counted.
    case shapeTooLarge(tensor: String)
    /// A tensor's place in the file does not have the length that its shape needs, both in bytes.
    case wrongLength(tensor: String, expected: Int, found: Int)
    /// A tensor begins before the one before it ends; both are bytes of the data.
    case overlap(tensor: String, begins: Int, expected: Int)
    /// Bytes before a tensor belong to none; both are bytes of the data.
    case hole(tensor: String, begins: Int, expected: Int)
    /// Bytes follow the last tensor.
    case trailingBytes(Int)
    /// The bytes are not those that were written.
    case wrongChecksum(expected: String, found: String)
    /// The checksum is of a kind that is not known.
    case unknownChecksum(String)
    /// A file of Geul has no checksum.
    case noChecksum
    /// A tensor is not in the file.
    case noTensor(String)
    /// A tensor has another shape than the reader expects.
    case wrongShape(tensor: String, expected: [Int], found: [Int])
    /// A tensor has numbers of another kind than the reader expects.
    case wrongDtype(tensor: String, expected: SafetensorsFile.Dtype, found: SafetensorsFile.Dtype)
    /// What the metadata say is wrong: a sentence of the one who reads them.
    case metadata(String)
  }
}

extension FormatError.Reason: CustomStringConvertible {
  /// The rest of the sentence that begins with the file's name.
  public var description: String {
    let damaged = "The file is damaged: use a copy, or the one saved before it."
    let foreign = "The file is damaged or was not written by a safetensors library."
    return switch self {
    case .unreadable(let error): error.problem + "."
    case .tooShort(let bytes):
      "has \(bytes) bytes, too few for a safetensors file. \(damaged)"
    case .headerTooLong(let bytes):
      "is not a safetensors file: it begins otherwise (with a header of \(bytes) bytes, if its first 8 "
        + "meant that). Give the path of a model."
    case .cutShort(let expected, let found):
      "is cut short: it should have \(expected) bytes and has \(found). \(damaged)"
    case .headerNotUTF8: "has a header that is not UTF-8. \(damaged)"
    case .badHeader(let expected, let offset):
      "has a bad header: expected \(expected) at byte \(offset). \(foreign)"
    case .duplicate(let name): "names \"\(name)\" twice in its header. \(foreign)"
    case .unknownDtype(let tensor, let dtype):
      "tensor \"\(tensor)\" has numbers of the kind \"\(dtype)\", which is not known. "
        + "Convert it to F32."
    case .shapeTooLarge(let tensor):
      "tensor \"\(tensor)\" has a shape of more numbers than can be counted. \(foreign)"
    case .wrongLength(let tensor, let expected, let found):
      "tensor \"\(tensor)\" needs \(expected) bytes for its shape and has \(found). \(foreign)"
    case .overlap(let tensor, let begins, let expected):
      "tensor \"\(tensor)\" begins at byte \(begins) of the data, inside the one before it, "
        + "which ends at \(expected). \(foreign)"
    case .hole(let tensor, let begins, let expected):
      "tensor \"\(tensor)\" begins at byte \(begins) of the data, where byte \(expected) should "
        + "follow the one before it. \(foreign)"
    case .trailingBytes(let count): "has \(count) bytes after its last tensor. \(damaged)"
    case .wrongChecksum(let expected, let found):
      "has the checksum \(found) where \(expected) was written. \(damaged)"
    case .unknownChecksum(let text): "has a checksum of an unknown kind, \"\(text)\". \(damaged)"
    case .noChecksum: "has no checksum, as every file of Geul does. \(damaged)"
    case .noTensor(let name):
      "has no tensor \"\(name)\". Give a model that Geul wrote, of the kind that is asked for."
    case .wrongShape(let tensor, let expected, let found):
      "tensor \"\(tensor)\" has shape \(found); this model expects \(expected)."
    case .wrongDtype(let tensor, let expected, let found):
      "tensor \"\(tensor)\" is \(found.rawValue); this model expects \(expected.rawValue)."
    case .metadata(let sentence): sentence
    }
  }
}

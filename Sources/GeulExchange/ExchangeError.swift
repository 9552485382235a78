/// The reason why a model cannot be written in another program's format.
public enum ExchangeError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file would be larger than its format allows.
  case tooLarge(format: String, bytes: Int)

  /// The problem and a remedy.
  public var description: String {
    switch self {
    case .tooLarge(let format, let bytes):
      "\(format) cannot have \(bytes) bytes. Use the model file itself: it is a safetensors file, which PyTorch reads."
    }
  }
}

extension ExchangeError {
  /// Throws if a file would be larger than its format allows.
  package static func check(
    _ bytes: Int, below limit: Int, of format: String
  ) throws(ExchangeError) {
    guard bytes < limit else { throw .tooLarge(format: format, bytes: bytes) }
  }
}

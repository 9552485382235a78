/// Why a text, or a vocabulary, cannot be used: one sentence that says what is wrong, where, and
/// what to do.
public struct TextError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong.
  public enum Reason: Sendable, Equatable {
    /// There is no such file or folder.
    case missing
    /// The system refuses to read it, with the system's words.
    case unreadable(String)
    /// There is not one unit of text.
    case empty
    /// A folder without a text file in it.
    case folderWithoutText
    /// Not text at all; the words say by what that is seen.
    case binary(String)
    /// Bytes that the encoding does not allow, and perhaps the encoding they may be in.
    case invalidBytes([UInt8], encoding: String, suggestion: String?)
    /// An encoding that ICU does not know, and the names nearest to it.
    case unknownEncoding(String, suggestions: [String])
    /// No place to cut the text for this many bytes: endless combining marks, for instance.
    case endless(bytes: Int)
    /// No unit occurs as often as the minimum count asks.
    case nothingFrequent(minimumCount: Int)
    /// The file of token ids cannot be written, with the system's words.
    case disk(String)
    /// A vocabulary that breaks a rule.
    case vocabulary(String)
  }

  /// What is wrong.
  public let reason: Reason
  /// Where: a path as it was given, "standard input", or the name of a value.
  public let source: String
  /// How many bytes of the source come before the place, where one place is to blame.
  public let offset: Int?

  /// An error at a place.
  public init(_ reason: Reason, in source: String, at offset: Int? = nil) {
    self.reason = reason
    self.source = source
    self.offset = offset
  }

  /// The sentence for the user, without a line feed.
  public var description: String { "\(source): \(sentence)" }

  private var place: String { offset.map { " at byte \($0)" } ?? "" }

  private var sentence: String {
    switch reason {
    case .missing:
      return "there is no such file or folder."
    case .unreadable(let words):
      return "it cannot be read (\(words))."
    case .empty:
      return "there is no text in it; at least one character is needed."
    case .folderWithoutText:
      return "the folder holds no text file (\(FolderListing.patterns)); name the files one by one."
    case .binary(let sign):
      return "this is not text: \(sign)\(place); --unit byte takes any file."
    case .invalidBytes(let bytes, let encoding, let suggestion):
      let advice = suggestion.map { "try --encoding \($0)" } ?? "give its encoding with --encoding"
      return "\(bytes.count == 1 ? "the byte" : "the bytes") \(hexadecimal(bytes))\(place)"
        + " \(bytes.count == 1 ? "is" : "are") not valid \(encoding);"
        + " \(advice), or put U+FFFD there with --invalid replace."
    case .unknownEncoding(let name, let suggestions):
      let hint =
        suggestions.isEmpty ? "" : "; did you mean \(suggestions.joined(separator: " or "))?"
      return "there is no encoding named \"\(name)\"\(hint.isEmpty ? "." : hint)"
    case .endless(let bytes):
      return "not one character ends within \(bytes) bytes\(place); --unit byte takes any file."
    case .nothingFrequent(let minimum):
      return "no unit occurs \(minimum) times; take a smaller --min-count."
    case .disk(let words):
      return "the token ids cannot be written there (\(words)); TMPDIR may name another folder."
    case .vocabulary(let fault):
      return "\(fault)."
    }
  }
}

/// Bytes as a reader of hexadecimal expects them: `C3 28`.
func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { byte in
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.count == 1 ? "0" + digits : digits
  }.joined(separator: " ")
}

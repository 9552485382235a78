/// How a corpus is read.
public struct CorpusOptions: Sendable {
  /// The rules that turn text into units.
  public var tokenizer: Tokenizer
  /// The encoding of all sources by its name; nothing to find it out for each, or, where units are
  /// bytes, to take the bytes as they stand.
  public var encoding: String?
  /// What to do with bytes that the encoding does not allow.
  public var invalid: InvalidBytePolicy
  /// Units that occur less often are folded into one unknown unit; 1 keeps them all.
  public var minimumCount: Int
  /// The vocabulary to encode with; nothing to make one of the text.
  public var vocabulary: Vocabulary?
  /// The folder for the file of token ids; nothing for TMPDIR, else /var/tmp, which unlike /tmp is
  /// never memory.
  public var temporaryFolder: String?

  /// How many bytes are read and worked on at a time; the result is the same for any number.
  public var blockBytes = 1 << 18

  /// The names that `encoding` may be, and many more have aliases.
  public static var encodings: [String] { ICU.encodingNames }

  /// Options; those left out are what `geul train my.txt` does.
  public init(
    tokenizer: Tokenizer = Tokenizer(), encoding: String? = nil,
    invalid: InvalidBytePolicy = .error,
    minimumCount: Int = 1, vocabulary: Vocabulary? = nil
  ) {
    self.tokenizer = tokenizer
    self.encoding = encoding
    self.invalid = invalid
    self.minimumCount = minimumCount
    self.vocabulary = vocabulary
  }

  var readerRules: TextReader.Rules {
    TextReader.Rules(
      encoding: encoding, invalid: invalid, isRaw: tokenizer.unit == .byte, blockBytes: blockBytes)
  }
}

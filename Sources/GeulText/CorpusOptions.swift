/// Options for reading a corpus.
public struct CorpusOptions: Sendable, Codable {
  /// The tokenizer.
  public var tokenizer: Tokenizer
  /// The name of the encoding of all sources; nil to detect it for each source.
  ///
  /// With `TokenUnit.byte` and no name, bytes are read unchanged.
  public var encoding: String?
  /// The handling of bytes that are invalid in the encoding.
  public var invalid: InvalidBytePolicy
  /// The number of occurrences below which a token is replaced by the unknown token; 1 keeps all.
  public var minimumCount: Int
  /// The vocabulary to encode with; nil to build one from the text.
  public var vocabulary: Vocabulary?
  /// Indicates whether tokens of the text that `vocabulary` lacks are added to it: those that occur `minimumCount` times.
  public var extendsVocabulary = false
  /// The seed of the order of a list; nil for a text that is not a list.
  ///
  /// With a seed, each line of the sources is an item of a list, such as a name; see `LineList`. Empty lines are skipped, and
  /// white space at the ends of lines is removed. A list is kept in memory.
  public var listSeed: UInt64?
  /// The rule by which the lines have labels; nil for none.
  ///
  /// The tokens of the labels are added to the vocabulary, or must be in the given one; see `LabelTokens`. A text with labels is
  /// kept in memory, and its line breaks are line feeds.
  public var labels: LabelRule?
  /// The directory for the file of token ids of a text that is too large for memory.
  ///
  /// If nil, the first of these in which a file can be created: the environment variable TMPDIR,
  /// /var/tmp, which unlike /tmp is never a file system in memory, /tmp, the current directory.
  public var temporaryFolder: String?

  /// The number of tokens that are kept in memory, two bytes each, instead of in a file.
  ///
  /// The default, 8 MB, holds most texts that are prompts or that are evaluated or explained, so
  /// that these need no writable directory, and is small compared with the memory of a model.
  package var tokensInMemory = 1 << 22

  /// Indicates whether notes may advise the option `--encoding`, because the command has it.
  package var hasEncodingOption = true

  /// The number of bytes that are read and processed at a time; it does not affect the result.
  public var blockBytes = 1 << 18

  /// The names of the supported encodings, most of which have aliases.
  public static var encodings: [String] { ICU.encodingNames }

  /// Creates options with the defaults of `geul train`.
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
      encoding: encoding, invalid: invalid, isRaw: tokenizer.unit == .byte, blockBytes: blockBytes,
      hasEncodingOption: hasEncodingOption)
  }
}

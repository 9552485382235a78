public import GeulModel
internal import GeulText

/// The surprisal of a model at a text, such as one that it has generated: the mean of -ln p at temperature 1.
///
/// This is the cross-entropy of the model on the text. If a model samples from its own distribution, its expected value is the
/// entropy of that distribution. A surprisal that rises or falls along the text shows that the text drifts away from the
/// texts that the model was trained on.
public struct TextSurprisal: Sendable, Equatable {
  /// The surprisal at a part of a text, or at parts of several texts.
  public struct Part: Sendable, Equatable {
    /// The sum of -ln p of the tokens, in nats.
    public var nats = 0.0
    /// The number of tokens.
    public var tokens = 0
    /// The number of characters: code points.
    public var characters = 0
    /// The number of texts.
    public var texts = 0

    /// Creates a part without tokens.
    public init() {}

    /// The mean of a character; nil if there are none.
    public var natsPerCharacter: Double? { characters > 0 ? nats / Double(characters) : nil }
    /// The mean of a token; nil if there are none.
    public var natsPerToken: Double? { tokens > 0 ? nats / Double(tokens) : nil }

    static func + (a: Part, b: Part) -> Part {
      var sum = a
      sum.nats += b.nats
      sum.tokens += b.tokens
      sum.characters += b.characters
      sum.texts += b.texts
      return sum
    }
  }

  /// The number of characters of a window.
  public static let windowLength = 1000
  /// The first characters of the windows: 1,000 to 9,000.
  public static let windowStarts = Array(stride(from: 1000, through: 9000, by: windowLength))

  /// The surprisal at the whole text.
  public private(set) var whole = Part()
  /// The surprisal in each window of 1,000 characters from character 1,000 to 10,000; empty where the text ends before.
  public private(set) var windows = [Part](repeating: Part(), count: windowStarts.count)

  /// Adds up the surprisal at several texts.
  public init(pooling texts: [TextSurprisal]) {
    for text in texts {
      whole = whole + text.whole
      windows = zip(windows, text.windows).map(+)
    }
  }

  fileprivate init(whole: Part, windows: [Part]) { (self.whole, self.windows) = (whole, windows) }
}

extension Evaluator {
  /// Computes the surprisal at a text.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - prompt: The text before it; if it is empty, the text starts as after a line break, as in generation.
  ///   - metadata: The metadata of the model.
  ///   - label: The id of the token of a label that all lines have; nil for none.
  /// - Returns: The surprisal at the text without the prompt. Tokens that are not in the vocabulary do not count.
  public func surprisal(
    at text: String, after prompt: String = "", by metadata: Model.Metadata, label: Int? = nil
  ) -> TextSurprisal {
    let (tokenizer, vocabulary) = (metadata.tokenizer, metadata.vocabulary)
    let before = prompt.isEmpty ? "\n" : prompt
    let scalars =
      tokenizer.normalization == .none
      ? Array(text.unicodeScalars) : TextMeasures.characters(of: text)
    /// Returns the number of tokens of the prompt and the first characters of the text.
    func position(_ count: Int) -> Int {
      tokenizer.tokens(of: before + String(String.UnicodeScalarView(scalars.prefix(count)))).count
    }
    var ids = tokenizer.tokens(of: before + String(String.UnicodeScalarView(scalars))).map {
      Int32(vocabulary.id(of: $0) ?? vocabulary.unknownID ?? -1)
    }
    if let label = label.map(Int32.init), let labels = vocabulary.labels {
      // As in generation, the network reads the label in place of each line feed, and first of all.
      let lineFeed = Int32(labels.lineFeedID)
      ids = ids.map { $0 == lineFeed ? label : $0 }
      if ids.first != label { ids.insert(label, at: 0) }
    }
    let inserted = ids.count - position(scalars.count)
    let starts = TextSurprisal.windowStarts.filter {
      $0 + TextSurprisal.windowLength <= scalars.count
    }
    let characters =
      [0] + starts + (starts.last.map { [$0 + TextSurprisal.windowLength] } ?? [])
      + [scalars.count]
    let ends = characters.map { inserted + position($0) }
    let losses = losses(upTo: ends, labels: vocabulary.labels) { Array(ids[$0]) } ?? []
    func part(_ first: Int, _ last: Int) -> TextSurprisal.Part {
      var part = TextSurprisal.Part()
      part.nats = losses[last].nats - losses[first].nats
      part.tokens = losses[last].tokens - losses[first].tokens
      part.characters = characters[last] - characters[first]
      part.texts = 1
      return part
    }
    let windows = TextSurprisal.windowStarts.indices.map {
      $0 < starts.count ? part($0 + 1, $0 + 2) : TextSurprisal.Part()
    }
    return TextSurprisal(whole: part(0, characters.count - 1), windows: windows)
  }
}

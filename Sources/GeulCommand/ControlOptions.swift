import ArgumentParser
import Geul
import GeulCommandSupport

/// The options of `geul generate` that control the generated text.
struct ControlOptions: ParsableArguments {
  @Option(
    help: .advanced(
      "Generate only these characters: a class such as '\\p{Hangul}' or '[a-z .,]', or the characters; may be repeated.",
      valueName: "class"))
  var allow: [String] = []
  @Option(
    help: .advanced("Never generate these characters; may be repeated.", valueName: "class"))
  var ban: [String] = []
  @Option(
    help: .advanced(
      "Number to add to the logit of a token, such as 'e=-2', from -100 (bans it) to 100; may be repeated.",
      valueName: "token=bias"))
  var logitBias: [String] = []
  @Option(
    help: .advanced(
      "Regular expression that the whole text matches, without the prompt.", valueName: "regex"))
  var pattern: String?
  @Option(
    help: .advanced(
      "Start the lines with the characters of this text, one line for each.",
      valueName: "text"))
  var acrostic: String?
  @Option(
    help: .advanced("End each line with this text; may be repeated.", valueName: "text"))
  var lineEnd: [String] = []
  @Option(
    help: .advanced(
      "Maximum characters of a line with --acrostic or --line-end (default: \(LineForm.defaultLength), with --line-end \(LineForm.defaultLengthWithEndings)).",
      valueName: "n"))
  var lineLength: Int?

  @Option(
    help: .advanced(
      "Never copy more than n characters in a row from --copy-corpus.", valueName: "n"))
  var maxCopy: Int?
  @Option(
    help: .advanced(
      "Text file or directory for --max-copy and --report, by default the training text that a run directory names; may be repeated.",
      valueName: "path"),
    completion: .file())
  var copyCorpus: [String] = []

  func validate() throws {
    try check("--max-copy", maxCopy, in: 1...1_000_000)
    try check("--line-length", lineLength, in: 2...1000)
    guard lineLength == nil || lines != nil else {
      throw ValidationError("--line-length needs --acrostic or --line-end.")
    }
    guard pattern != "" else {
      throw ValidationError("--pattern is empty. Give a regular expression such as '[가-힣]{2,4}'.")
    }
    _ = try control
  }

  /// The note on a text that ended because no token was left.
  static let blockedNote =
    "Note: a text ended early, because every token would break a rule. Use a larger --max-copy, or fewer bans."

  /// Indicates whether the lines of a text must have a form.
  var formsLines: Bool { lines != nil }

  private var lines: LineForm? {
    guard acrostic != nil || !lineEnd.isEmpty else { return nil }
    return LineForm(
      acrostic: acrostic.map(PathString.text), endings: lineEnd.map(PathString.text),
      length: lineLength)
  }

  /// The rules of the options.
  private var control: TextControl {
    get throws {
      var control = TextControl()
      control.allowed = try Self.union(allow, of: "--allow")
      control.banned = try Self.union(ban, of: "--ban")
      do throws(PatternError) {
        control.pattern = try pattern.map(PathString.text).map(TextPattern.init)
      } catch {
        throw ValidationError("--pattern, \(error)")
      }
      control.lines = lines
      return control
    }
  }

  private static func union(_ classes: [String], of option: String) throws -> CharacterClass? {
    do throws(CharacterClassError) {
      return try CharacterClass.union(of: classes.map(PathString.text))
    } catch {
      throw ValidationError("\(option): \(error)")
    }
  }

  /// Returns the constraint of texts of a model, with the bans of `--logit-bias` in its sampling options; nil if there is
  /// none.
  ///
  /// `path` is the path of the model. With `endsLines`, a line break ends each text, so it is allowed.
  func constraint(
    for model: Model, at path: String, sampling: SamplingOptions, _ bytes: EncodingOptions,
    endsLines: Bool
  ) throws -> SequenceConstraint? {
    var control = try control
    if endsLines, !allow.isEmpty {
      control.allowed = try Self.union(allow + ["\\n"], of: "--allow")
    }
    if let maxCopy {
      let tokenizer = model.metadata.tokenizer
      var options = CopyLimit.corpusOptions(for: tokenizer)
      (options.encoding, options.invalid) = (bytes.encoding, bytes.invalid)
      guard let paths = corpusPaths(ofModel: path, &options) else {
        throw ValidationError(
          "--max-copy needs the text that must not be copied, since a model does not contain it: --copy-corpus <path>."
        )
      }
      let corpus = try readCorpus(paths, options)
      control.copyLimit = try CopyLimit(maxCopy, corpus: corpus, tokenizer: tokenizer)
      control.copyLimit?.permitsLineFeeds = endsLines
    }
    return control.isEmpty
      ? nil : try SequenceConstraint(control, of: model.metadata, sampling: sampling)
  }

  /// Returns the paths of `--copy-corpus`, by default those of the training text of a run directory; nil if there are none.
  ///
  /// The training text is decoded as in training, unless options of this command state otherwise.
  func corpusPaths(ofModel path: String, _ options: inout CorpusOptions) -> [String]? {
    guard copyCorpus.isEmpty else { return copyCorpus }
    guard let text = ConfigurationFile.trainingText(ofRun: path), !text.paths.isEmpty,
      text.paths.allSatisfy({ $0 != "-" && FileSystem.exists($0) })
    else { return nil }
    options.encoding = options.encoding ?? text.encoding
    if text.invalid == .replace { options.invalid = .replace }
    return text.paths
  }

  /// Adds the biases of `--logit-bias` to sampling options.
  func set(_ options: inout SamplingOptions, for model: Model) throws {
    for argument in logitBias.map(PathString.text) {
      guard let separator = argument.dropFirst().lastIndex(of: "="),
        let bias = Double(argument[argument.index(after: separator)...])
      else {
        throw ValidationError(
          "--logit-bias \"\(argument)\" is not a token, = and a number, such as 'e=-2'.")
      }
      var token = String.UnicodeScalarView()
      token.append(contentsOf: CharacterClass.unescaped(String(argument[..<separator])))
      for id in try ids(of: String(token), model.metadata) { options.logitBias[id] = bias }
    }
    try options.checkArguments()
  }

  /// Returns the ids of a token: several for a letter such as ㄱ, which is a leading and a trailing consonant.
  private func ids(of text: String, _ metadata: Model.Metadata) throws -> [Int] {
    let ids = metadata.vocabulary.ids(ofLetter: text)
    guard ids.isEmpty else { return ids }
    let tokens = metadata.tokenizer.tokens(of: text)
    guard tokens.count == 1 else {
      let unit = metadata.tokenizer.unit
      throw CommandError(
        "--logit-bias \"\(text)\": this is not one token of the model, but \(quantity(tokens.count, unit))."
          + " Give a bias for each, or use --ban for a character.")
    }
    guard let id = metadata.vocabulary.id(of: tokens[0]) else {
      throw CommandError("--logit-bias \"\(text)\" is not in the model's vocabulary. Leave it out.")
    }
    return [id]
  }
}

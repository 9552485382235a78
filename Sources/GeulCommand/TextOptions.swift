import ArgumentParser
import Geul
import GeulCommandSupport

/// Options of decoding bytes to text.
struct EncodingOptions: ParsableArguments {
  @Option(
    help: .advanced("Encoding of all text files, such as euc-kr (default: detected for each)."))
  var encoding: String?
  @Option(help: .advanced("Handling of invalid bytes; replace inserts U+FFFD."))
  var invalid = InvalidBytePolicy.error
}

/// Options of reading and tokenizing text.
struct TextOptions: ParsableArguments {
  @Option(help: "Token unit.")
  var unit = TokenUnit.grapheme
  @Option(help: .advanced("Unicode normalization form.", valueName: "form"))
  var normalize = NormalForm.nfc
  @OptionGroup var bytes: EncodingOptions
  @Option(
    help: .advanced(
      "Map tokens that occur fewer times than this to one unknown token.", valueName: "n"))
  var minCount = 1

  func validate() throws { try check("--min-count", minCount, in: 1...Int(Int32.max)) }

  /// The options for reading a corpus.
  var corpusOptions: CorpusOptions {
    CorpusOptions(
      tokenizer: Tokenizer(unit: unit, normalization: normalize), encoding: bytes.encoding,
      invalid: bytes.invalid, minimumCount: minCount)
  }
}

/// Reads a corpus and prints its notes.
func readCorpus(_ arguments: [String], _ options: CorpusOptions) throws -> Corpus {
  try readCorpus(arguments.map { TextSource(argument: existing($0)) }, options)
}

/// Reads a corpus and prints its notes.
func readCorpus(_ sources: [TextSource], _ options: CorpusOptions) throws -> Corpus {
  let corpus = try Corpus.read(sources, options: options)
  for note in corpus.notes { Output.note(note) }
  return corpus
}

/// Reads a short text such as a prompt, without a final line break.
func readText(_ argument: String, _ bytes: EncodingOptions) throws -> String {
  let text = try readWholeText(argument, bytes)
  // Editors and echo append a line break that is not part of the prompt.
  return text.last?.isNewline == true ? String(text.dropLast()) : text
}

/// Reads a short text.
func readWholeText(_ argument: String, _ bytes: EncodingOptions) throws -> String {
  let plain = CorpusOptions(
    tokenizer: Tokenizer(unit: .codepoint, normalization: .none), encoding: bytes.encoding,
    invalid: bytes.invalid)
  let corpus: Corpus
  do throws(TextError) {
    corpus = try Corpus.read([TextSource(argument: existing(argument))], options: plain)
  } catch {
    if error.reason == .empty { return "" }
    throw error
  }
  for note in corpus.notes { Output.note(note) }
  return corpus.ids(0..<corpus.count).map { corpus.vocabulary.tokens[Int($0)] }.joined()
}

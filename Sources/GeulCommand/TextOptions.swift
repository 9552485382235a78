import ArgumentParser
import Foundation
import Geul

/// How bytes become text.
struct EncodingOptions: ParsableArguments {
  @Option(help: "Encoding of the text, for example euc-kr (default: found out).")
  var encoding: String?
  @Option(help: "Invalid bytes: error, or replace by U+FFFD.")
  var invalid = InvalidBytePolicy.error
}

/// How text is read.
struct TextOptions: ParsableArguments {
  @Option(help: "What a character is: grapheme, codepoint, jamo or byte.")
  var unit = TokenUnit.grapheme
  @Option(help: "Unicode normal form: nfc, nfd, nfkc or none.")
  var normalize = NormalForm.nfc
  @OptionGroup var bytes: EncodingOptions
  @Option(help: "Fold units that occur less often than this into one unknown unit.")
  var minCount = 1

  func validate() throws { try check("--min-count", minCount, in: 1...Int(Int32.max)) }

  /// The options for reading a corpus.
  var corpusOptions: CorpusOptions {
    CorpusOptions(
      tokenizer: Tokenizer(unit: unit, normalization: normalize), encoding: bytes.encoding,
      invalid: bytes.invalid, minimumCount: minCount)
  }
}

/// Reads a corpus and tells the user what was noticed.
func readCorpus(_ arguments: [String], _ options: CorpusOptions) throws -> Corpus {
  let corpus = try Corpus.read(arguments.map(TextSource.init(argument:)), options: options)
  for note in corpus.notes { Output.note(note) }
  return corpus
}

/// Reads a short text such as a prompt, in whatever encoding it is, without the line's end behind it.
func readText(_ argument: String) throws -> String {
  let plain = CorpusOptions(tokenizer: Tokenizer(unit: .codepoint, normalization: .none))
  let corpus: Corpus
  do throws(TextError) {
    corpus = try Corpus.read([TextSource(argument: argument)], options: plain)
  } catch {
    if error.reason == .empty { return "" }
    throw error
  }
  for note in corpus.notes { Output.note(note) }
  let text = corpus.ids(0..<corpus.count).map { corpus.vocabulary.tokens[Int($0)] }.joined()
  // The line's end that an editor or echo puts there is not part of it.
  return text.last?.isNewline == true ? String(text.dropLast()) : text
}

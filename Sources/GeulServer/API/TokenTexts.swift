#if Server

package import Geul

/// The texts of a model's tokens in responses.
package struct TokenTexts: Sendable {
  private let vocabulary: Vocabulary
  private let isByte: Bool

  /// Creates the texts of a model's tokens.
  package init(of model: Model.Metadata) {
    vocabulary = model.vocabulary
    isByte = model.tokenizer.unit == .byte
  }

  /// Returns the text of a token.
  ///
  /// A byte beyond ASCII, which is no text, has the form `bytes:\xe3`, as in OpenAI's API. A jamo is its conjoining
  /// form, the unknown token U+FFFD, and the token of a label a line feed.
  package func text(of id: Int) -> String {
    if let byte = byte(of: id), byte >= 0x80 { return "bytes:\\x" + String(byte, radix: 16) }
    if vocabulary.labels?.ids.contains(id) == true { return "\n" }
    return id == vocabulary.unknownID ? "\u{FFFD}" : vocabulary.tokens[id]
  }

  /// Returns the UTF-8 of a token.
  package func bytes(of id: Int) -> [UInt8] {
    if let byte = byte(of: id) { return [byte] }
    return Array(text(of: id).utf8)
  }

  /// Returns the byte that a token stands for; nil unless the tokens of the model are bytes.
  private func byte(of id: Int) -> UInt8? {
    guard isByte, let scalar = vocabulary.tokens[id].unicodeScalars.first else { return nil }
    return UInt8(exactly: scalar.value)
  }
}
#endif

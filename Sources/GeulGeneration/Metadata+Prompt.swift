public import GeulModel
public import GeulText

extension Model.Metadata {
  /// Returns the first token of a stop string that the model never generates, because a character of it is in no token
  /// of the vocabulary; nil if the string may occur.
  public func unknownToken(ofStop stop: String) -> PromptEncoding.Substitution? {
    StopSpellings(of: stop, in: self).unknownToken
  }

  /// Returns the text of the tokens of a prompt, without an incomplete character at the end, which the generated text
  /// begins with.
  ///
  /// - Parameters:
  ///   - ids: The ids of the tokens.
  ///   - isWhole: Pass true to include the incomplete character: the text after the prompt does not begin with it if the
  ///     request has a constraint.
  /// - Returns: The text.
  public func text(ofPrompt ids: [Int], isWhole: Bool = false) -> String {
    var decoder = StreamDecoder(tokenizer: tokenizer, vocabulary: vocabulary)
    let text = ids.map { decoder.append($0) }.joined()
    return isWhole ? text + decoder.finish() : text
  }
}

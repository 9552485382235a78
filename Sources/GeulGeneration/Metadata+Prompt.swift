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
  public func text(ofPrompt ids: [Int]) -> String {
    var decoder = StreamDecoder(tokenizer: tokenizer, vocabulary: vocabulary)
    return ids.map { decoder.append($0) }.joined()
  }
}

import Geul

/// Messages about characters outside the model's vocabulary.
extension PromptEncoding {
  /// Returns one sentence for each of the first few substitutions and one for the rest.
  ///
  /// - Parameter name: The name of the encoded text: `prompt` or `text`.
  func notes(on name: String) -> [String] {
    let limit = 5
    let shown = substitutions.prefix(limit).map {
      "\(name): \($0.location) is not in the model's vocabulary: \($0.action)."
    }
    let rest = substitutions.count - shown.count
    return shown + (rest > 0 ? ["\(name): \(rest) more characters are not in the vocabulary."] : [])
  }
}

extension PromptEncoding.Substitution {
  /// The position and name of the character: `character 3, U+D55C HANGUL SYLLABLE HAN,`.
  var location: String { "character \(position + 1), \(name)," }

  /// The action that was taken.
  fileprivate var action: String {
    switch outcome {
    case .replaced(let text): "replaced with \"\(text)\""
    case .unknown: "read as the unknown token"
    case .skipped: "skipped"
    }
  }
}

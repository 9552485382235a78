import Geul

/// What a person hears of characters that the model does not know.
extension PromptEncoding {
  /// A sentence for each of the first few, and one for the rest; `name` is what was encoded: a prompt, or a text.
  func notes(on name: String) -> [String] {
    let most = 5
    let shown = substitutions.prefix(most).map {
      "\(name): \($0.place) is unknown to the model: \($0.remedy)."
    }
    let rest = substitutions.count - shown.count
    return shown + (rest > 0 ? ["\(name): so are \(rest) more characters."] : [])
  }
}

extension PromptEncoding.Substitution {
  /// Where it stands and what it is: `character 3, U+D55C HANGUL SYLLABLE HAN,`.
  var place: String { "character \(position + 1), \(name)," }

  /// What became of it.
  fileprivate var remedy: String {
    switch outcome {
    case .replaced(let text): "read as \"\(text)\""
    case .unknown: "read as the unknown unit"
    case .skipped: "passed over"
    }
  }
}

package import Geul

/// Messages about tokens of a prompt that are not in the model's vocabulary.
extension PromptEncoding {
  /// The sentences on the tokens of a single character.
  package var characterNotes: [String] {
    substitutions.map { "\($0.name) is not in the model's vocabulary: \($0.action)." }
  }

  /// Returns one sentence for each of the first five substitutions and one for the rest; `name` is
  /// `prompt` or `text`.
  package func notes(on name: String, unit: TokenUnit) -> [String] {
    let shown = substitutions.prefix(5).map {
      "\(name): \($0.location(in: unit)) is not in the model's vocabulary: \($0.action)."
    }
    let rest = substitutions.count - shown.count
    guard rest > 0 else { return shown }
    return shown + [
      "\(name): \(rest) more \(rest == 1 ? "\(unit.noun) is" : "\(unit.pluralNoun) are") not in the vocabulary."
    ]
  }
}

extension Model.Metadata {
  /// Returns a sentence about a stop string that the model cannot generate; nil if it can.
  ///
  /// `name` is the name of the option.
  package func note(ofStop stop: String, name: String) -> String? {
    unknownToken(ofStop: stop).map { token in
      let location = token.location(in: tokenizer.unit)
      return
        "\(name) \"\(stop)\": \(location) is not in the model's vocabulary: this string never occurs."
    }
  }
}

extension PromptEncoding.Substitution {
  /// Returns the position and name of the token: `character 3, U+D55C HANGUL SYLLABLE HAN,`.
  package func location(in unit: TokenUnit) -> String { "\(unit.noun) \(position + 1), \(name)," }

  /// The action that was taken.
  fileprivate var action: String {
    switch outcome {
    case .replaced(let text): "replaced with \"\(text)\""
    case .unknown: "read as the unknown token"
    case .skipped: "skipped"
    }
  }
}

/// The token ids of a prompt, and the substitutions made for tokens that are not in the vocabulary.
public struct PromptEncoding: Sendable, Equatable {
  /// The token ids.
  public let ids: [Int]
  /// The tokens that are not in the vocabulary, in the order of the prompt.
  public let substitutions: [Substitution]

  /// A token of a prompt that is not in the vocabulary.
  public struct Substitution: Sendable, Equatable {
    /// The replacement of a token.
    public enum Outcome: Sendable, Equatable {
      /// The token was replaced by the closest form in the vocabulary.
      case replaced(String)
      /// The token was replaced by the unknown token.
      case unknown
      /// The token was skipped.
      case skipped
    }

    /// The index of the token in the prompt.
    public let position: Int
    /// The token.
    public let token: String
    /// A readable name, such as `U+AC02 HANGUL SYLLABLE GAGG`, or `byte EA` for a byte.
    public let name: String
    /// The replacement of the token.
    public let outcome: Outcome

    /// The text that replaces the token; nil if it was skipped or became the unknown token.
    public var replacement: String? {
      guard case .replaced(let text) = outcome else { return nil }
      return text
    }
  }
}

extension Tokenizer {
  /// Encodes a prompt.
  ///
  /// A token that is not in the vocabulary is replaced by the closest form that is: another line
  /// ending for a line ending, else another normal form, then lower or upper case, then full width.
  /// If there is none, it becomes the unknown token, or is skipped if the vocabulary has no unknown
  /// token.
  public func encodePrompt(_ text: String, vocabulary: Vocabulary) -> PromptEncoding {
    var ids: [Int] = []
    var substitutions: [PromptEncoding.Substitution] = []
    for (position, token) in tokens(of: text).enumerated() {
      if let id = vocabulary.id(of: token) {
        ids.append(id)
        continue
      }
      let outcome: PromptEncoding.Substitution.Outcome
      if unit != .byte, let (form, known) = closestForm(of: token, in: vocabulary) {
        ids += known
        outcome = .replaced(form)
      } else if let unknown = vocabulary.unknownID {
        ids.append(unknown)
        outcome = .unknown
      } else {
        outcome = .skipped
      }
      let name = unit == .byte ? "byte " + hexadecimal(Self.bytes(of: token)) : describe(token)
      substitutions.append(.init(position: position, token: token, name: name, outcome: outcome))
    }
    return PromptEncoding(ids: ids, substitutions: substitutions)
  }

  private static func bytes(of token: String) -> [UInt8] {
    token.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
  }

  /// Returns the first form of a token whose tokens are all in the vocabulary, with their ids.
  private func closestForm(of token: String, in vocabulary: Vocabulary) -> (String, ids: [Int])? {
    // The token is already normalized; its other forms must be kept as they are.
    let plain = Tokenizer(unit: unit, normalization: .none)
    for form in Self.forms(of: token) {
      let ids = plain.tokens(of: form).map { vocabulary.id(of: $0) }
      let known = ids.compactMap { $0 }
      if !known.isEmpty, known.count == ids.count { return (form, known) }
    }
    return nil
  }

  /// Returns the equivalent forms of a token, closest first.
  private static func forms(of token: String) -> [String] {
    let lineEndings = ["\n", "\r\n", "\r"]
    if lineEndings.contains(token) { return lineEndings }
    let normal = [NormalForm.nfc, .nfd, .nfkc].map { form in
      Tokenizer(unit: .codepoint, normalization: form).normalized(token)
    }
    let cased = ([token] + normal).flatMap { [$0.lowercased(), $0.uppercased()] }
    let fullWidth = ([token] + normal + cased).compactMap { FullWidth.form(of: $0) }
    return normal + cased + fullWidth
  }
}

/// The full-width forms of characters, the inverse of NFKC.
private enum FullWidth {
  /// The inverse of NFKC on the block Halfwidth and Fullwidth Forms, and the ideographic space.
  private static let forms: [Unicode.Scalar: Unicode.Scalar] = {
    let tokenizer = Tokenizer(unit: .codepoint, normalization: .nfkc)
    var forms: [Unicode.Scalar: Unicode.Scalar] = [" ": "\u{3000}"]
    for scalar in (0xFF01...0xFF60).compactMap({ Unicode.Scalar($0 as UInt32) })
      + (0xFFE0...0xFFE6).compactMap({ Unicode.Scalar($0 as UInt32) })
    {
      let narrow = tokenizer.normalized(String(scalar)).unicodeScalars
      if let only = narrow.first, narrow.count == 1, only != scalar { forms[only] = scalar }
    }
    return forms
  }()

  /// Returns the text with all characters in full width; nil if one has no such form.
  static func form(of text: String) -> String? {
    var wide = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      guard let form = forms[scalar] else { return nil }
      wide.append(form)
    }
    return String(wide)
  }
}

public import GeulText
internal import PortableFoundation

extension Vocabulary {
  /// Reads the vocabulary of another program: JSON in one of four forms.
  ///
  /// - an array of tokens in the order of their ids: `["e", "t", "a"]`
  /// - an object of ids by token: `{"e": 0, "t": 1, "a": 2}`
  /// - an object of tokens by id: `{"0": "e", "1": "t", "2": "a"}`
  /// - an object with one of these under a usual key, such as `itos` or `char_to_idx`
  ///
  /// - Parameters:
  ///   - json: The bytes of the file.
  ///   - name: The path of the file, for errors.
  ///   - unknown: The token that stands for unknown characters, such as `<unk>`; nil if there is none.
  /// - Throws: `TextError` if the JSON has another form, an id is missing or occurs twice, or a token occurs twice.
  public init(json: [UInt8], name: String, unknown: String? = nil) throws(TextError) {
    func invalid(_ problem: String) -> TextError {
      TextError(.invalidVocabulary(problem), in: name)
    }
    var tokens: [String]
    do { tokens = try JSONDecoder().decode(VocabularyJSON.self, from: Data(json)).tokens } catch {
      if let error = error as? VocabularyJSON.Problem { throw invalid(error.description) }
      throw invalid(
        "it is not a vocabulary in JSON: an array of strings, or an object of characters and indices"
      )
    }
    if let unknown {
      let matches = tokens.indices.filter { tokens[$0].utf8.elementsEqual(unknown.utf8) }
      guard let id = matches.first, matches.count == 1 else {
        throw invalid("it does not contain the unknown token \"\(unknown)\" once")
      }
      tokens[id] = ""
    }
    do { try self.init(tokens: tokens, unknownID: tokens.firstIndex(of: "")) } catch {
      guard case .invalidVocabulary(let problem) = error.reason else { throw error }
      throw invalid(problem)
    }
  }
}

/// The JSON of a vocabulary in any of its forms.
private struct VocabularyJSON: Decodable {
  /// The tokens in the order of their ids.
  let tokens: [String]

  /// A reason why the entries are not a vocabulary.
  enum Problem: Error, CustomStringConvertible {
    case missingIndex(Int, count: Int)
    case duplicateIndex(Int)

    var description: String {
      switch self {
      case .missingIndex(let index, let count):
        "it has \(count) tokens, but none with the index \(index); save it as an array of strings in the order of the indices"
      case .duplicateIndex(let index): "two of its tokens have the index \(index)"
      }
    }
  }

  /// The keys under which scripts save a vocabulary beside other values.
  private static let keys = [
    "vocabulary", "vocab", "itos", "idx_to_char", "idx2char", "ix_to_char", "id_to_char",
    "int2char", "id2char", "idx_to_token", "chars", "stoi", "char_to_idx", "char2idx",
    "char_to_ix", "char_to_id", "char2int", "char2id", "token_to_idx",
  ]

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let tokens = try? value.decode([String].self) {
      self.tokens = tokens
    } else if let ids = try? value.decode([String: Int].self) {
      tokens = try Self.sorted(ids.map { ($0.value, $0.key) })
    } else if let tokens = try? value.decode([Int: String].self) {
      self.tokens = try Self.sorted(tokens.map { ($0.key, $0.value) })
    } else {
      let container = try decoder.container(keyedBy: Key.self)
      for name in Self.keys where container.contains(Key(name)) {
        // It may be something else, such as the number of tokens.
        do {
          tokens = try container.decode(VocabularyJSON.self, forKey: Key(name)).tokens
          return
        } catch is DecodingError { continue }
      }
      throw DecodingError.dataCorruptedError(in: value, debugDescription: "no vocabulary")
    }
  }

  private static func sorted(_ entries: [(id: Int, token: String)]) throws(Problem) -> [String] {
    var tokens = [String?](repeating: nil, count: entries.count)
    for entry in entries where tokens.indices.contains(entry.id) {
      guard tokens[entry.id] == nil else { throw .duplicateIndex(entry.id) }
      tokens[entry.id] = entry.token
    }
    if let missing = tokens.firstIndex(of: nil) {
      throw .missingIndex(missing, count: entries.count)
    }
    return tokens.compactMap(\.self)
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }
}

#if Server
import Foundation
import GeulCompute
import GeulModel
import GeulServer
import GeulText
import Testing

/// The endpoints whose bodies are parsed.
enum Endpoint: CaseIterable {
  case completion, chat, score, explain, tokenize, detokenize

  /// Parses a body and discards the request.
  func parse(_ body: [UInt8], limits: APILimits = APILimits()) throws(APIError) {
    switch self {
    case .completion: _ = try CompletionRequest(body: body, limits: limits)
    case .chat: _ = try ChatRequest(body: body, limits: limits)
    case .score: _ = try ScoreRequest(body: body)
    case .explain: _ = try ExplainRequest(body: body)
    case .tokenize: _ = try TokenizeRequest(body: body)
    case .detokenize: _ = try DetokenizeRequest(body: body)
    }
  }

  /// A small valid body.
  var validBody: String {
    switch self {
    case .completion: #"{"prompt":"Dear Nell"}"#
    case .chat: #"{"messages":[{"role":"user","content":"Hello"}]}"#
    case .score, .explain, .tokenize: #"{"text":"Dear Nell"}"#
    case .detokenize: #"{"tokens":[0,1]}"#
    }
  }

  /// Returns the error of a body; nil if it is valid.
  func error(_ body: String, limits: APILimits = APILimits()) -> APIError? {
    do throws(APIError) {
      try parse(Array(body.utf8), limits: limits)
      return nil
    } catch { return error }
  }

  /// Returns the error of a valid body with another member, which is JSON.
  func error(with member: String, limits: APILimits = APILimits()) -> APIError? {
    error(validBody.dropLast() + ",\(member)}", limits: limits)
  }
}

/// Parses a request of completions with members, which are JSON.
func completion(_ members: String = "", limits: APILimits = APILimits()) throws
  -> CompletionRequest
{
  try CompletionRequest(body: Array("{\(members)}".utf8), limits: limits)
}

/// Parses a request of chat completions with members beside the messages.
func chat(
  _ members: String = "", messages: String = #"[{"role":"user","content":"Hello"}]"#
) throws -> ChatRequest {
  let body = #"{"messages":\#(messages)"# + (members.isEmpty ? "" : ",") + members + "}"
  return try ChatRequest(body: Array(body.utf8), limits: APILimits())
}

/// Creates the metadata of a model whose tokens are those of a text.
func metadata(
  _ text: String, unit: TokenUnit = .grapheme, unknown: Bool = false, cell: CellKind = .lstm
) throws -> Model.Metadata {
  let tokenizer = Tokenizer(unit: unit)
  var tokens: [String] = []
  for token in tokenizer.tokens(of: text) where !tokens.contains(token) { tokens.append(token) }
  let vocabulary = try Vocabulary(
    tokens: tokens + (unknown ? [""] : []), unknownID: unknown ? tokens.count : nil)
  return Model.Metadata(
    architecture: Architecture(cell: cell, layers: 2, hidden: 8), tokenizer: tokenizer,
    vocabulary: vocabulary)
}

/// Returns the value of JSON as Foundation reads it.
func foundationValue(_ json: [UInt8]) throws -> NSDictionary {
  try #require(try JSONSerialization.jsonObject(with: Data(json)) as? NSDictionary)
}

extension NSDictionary {
  /// Returns the dictionary without some keys.
  func without(_ keys: String...) throws -> NSDictionary {
    let copy = try #require(mutableCopy() as? NSMutableDictionary)
    for key in keys { copy.removeObject(forKey: key) }
    return copy
  }
}

/// Checks that JSON has the value of other JSON, whatever the order of members.
func expect(
  _ json: [UInt8], equals expected: String, at location: SourceLocation = #_sourceLocation
) throws {
  let (found, wanted) = (try foundationValue(json), try foundationValue(Array(expected.utf8)))
  #expect(
    found == wanted, "\(String(decoding: json, as: UTF8.self))", sourceLocation: location)
}

/// Checks that a call throws an `APIError` with a status and a parameter, and returns the error.
@discardableResult
func expectError(
  _ status: Int = 400, param: String?, code: String? = nil, _ error: APIError?,
  at location: SourceLocation = #_sourceLocation
) throws -> APIError {
  let error = try #require(error, "the request is valid", sourceLocation: location)
  #expect(error.status == status, "\(error)", sourceLocation: location)
  #expect(error.param == param, "\(error)", sourceLocation: location)
  #expect(error.code == code, "\(error)", sourceLocation: location)
  #expect(error.message.hasSuffix("."), "\(error)", sourceLocation: location)
  return error
}
#endif

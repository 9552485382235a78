#if Server

/// An error response of the API, with OpenAI's JSON form.
///
/// ```json
/// {"error":{"code":null,"message":"top_p must be …, not 3.","param":"top_p","type":"invalid_request_error"}}
/// ```
package struct APIError: Error, Equatable, Sendable {
  /// The HTTP status code.
  package let status: Int
  /// The class of the error, such as `invalid_request_error`.
  package let type: String
  /// The machine-readable cause; nil if `param` says enough.
  package let code: String?
  /// The name of the parameter that is wrong, such as `messages[0].role`; nil if it is none.
  package let param: String?
  /// One sentence that states what is wrong, where, and what to do.
  package let message: String
  /// The number of seconds after which the client may try again; nil if that would not help.
  package let retryAfter: Int?
  /// The methods that the path has, for `Allow`; empty unless the method is the error.
  package let allowedMethods: [String]
  /// The value of `WWW-Authenticate`; nil unless the key is the error.
  package let challenge: String?

  /// Creates an error response.
  package init(
    status: Int, type: String, code: String? = nil, param: String? = nil, message: String,
    retryAfter: Int? = nil, allowedMethods: [String] = [], challenge: String? = nil
  ) {
    self.status = status
    self.type = type
    self.code = code
    self.param = param
    self.message = message
    self.retryAfter = retryAfter
    self.allowedMethods = allowedMethods
    self.challenge = challenge
  }

  /// The header fields that the response has because of the error.
  package var headers: [(name: String, value: String)] {
    var headers: [(String, String)] = []
    if let retryAfter { headers.append(("Retry-After", "\(retryAfter)")) }
    if !allowedMethods.isEmpty {
      headers.append(("Allow", allowedMethods.joined(separator: ", ")))
    }
    if let challenge { headers.append(("WWW-Authenticate", challenge)) }
    return headers
  }

  /// The JSON of the response body.
  package var body: [UInt8] {
    var json = JSONWriter()
    write(to: &json)
    return json.bytes
  }

  /// Writes `{"error":{…}}`.
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.key("error")
      json.object { json in
        json.field("code", code)
        json.field("message", message)
        json.field("param", param)
        json.field("type", type)
      }
    }
  }
}
#endif

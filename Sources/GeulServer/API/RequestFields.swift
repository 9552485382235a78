#if Server

/// The members of a JSON object of a request, read by name with their types and ranges.
///
/// A member that is null counts as absent, and unknown members are ignored, as in OpenAI's API.
struct RequestFields {
  private let members: [String: JSONValue]
  /// The prefix of names in messages: empty, or the path of the object and a dot.
  private let prefix: String

  /// Parses the body of a request.
  ///
  /// - Throws: `APIError` if it is not a JSON object.
  init(body: [UInt8]) throws(APIError) {
    let value = try JSONParser.parse(body)
    guard case .object(let members) = value else {
      throw .invalidJSON("The request body must be a JSON object, not \(value.typeName).")
    }
    self.init(members)
  }

  /// Reads the members of an object at a path, such as `messages[0]`.
  init(_ members: [JSONValue.Member], path: String? = nil) {
    self.members = Dictionary(
      members.lazy.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    prefix = path.map { $0 + "." } ?? ""
  }

  /// Returns the name of a member as messages give it, with its path.
  func path(_ name: String) -> String { prefix + name }

  /// Returns the value of a member; nil if it is absent or null.
  subscript(name: String) -> JSONValue? {
    guard let value = members[name], value != .null else { return nil }
    return value
  }

  /// Returns the error of a member with a wrong value: "top_k must be …, not …".
  func mustBe(_ rule: String, _ name: String, _ value: JSONValue) -> APIError {
    Self.mustBe(rule, path(name), value.shortDescription)
  }

  /// Returns the error of a value at a path; `param` is the parameter that it is an element of.
  static func mustBe(
    _ rule: String, _ path: String, _ value: String, param: String? = nil
  ) -> APIError {
    .invalid(param: param ?? path, "\(path) must be \(rule), not \(value).")
  }

  /// Returns the error of a member that is absent.
  func missing(_ name: String, _ rule: String) -> APIError {
    .invalid(param: path(name), "\(path(name)) is missing; it must be \(rule).")
  }
}

/// Typed members.
extension RequestFields {
  /// Returns a member that is true or false; nil if it is absent.
  func bool(_ name: String) throws(APIError) -> Bool? {
    switch self[name] {
    case nil: return nil
    case .bool(let value)?: return value
    case let value?: throw mustBe("true or false", name, value)
    }
  }

  /// Returns a member that is a string; nil if it is absent.
  func string(_ name: String) throws(APIError) -> String? {
    switch self[name] {
    case nil: return nil
    case .string(let text)?: return text
    case let value?: throw mustBe("a string", name, value)
    }
  }

  /// Returns a member that is an integer in a range; nil if it is absent.
  func integer(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
    guard let value = self[name] else { return nil }
    guard let integer = value.exactInteger, range.contains(integer) else {
      let rule =
        range.upperBound == .max
        ? "an integer of \(range.lowerBound) or more"
        : "an integer from \(range.lowerBound) to \(range.upperBound)"
      throw mustBe(rule, name, value)
    }
    return integer
  }

  /// Returns a member that is a finite number in a range, which `rule` describes; nil if it is absent.
  func number(
    _ name: String, _ rule: String, where isInRange: (Double) -> Bool
  ) throws(APIError) -> Double? {
    guard let value = self[name] else { return nil }
    guard let number = value.finiteNumber, isInRange(number) else {
      throw mustBe("a number \(rule)", name, value)
    }
    return number
  }

  /// Returns a member that is one of several strings; nil if it is absent.
  func choice(_ name: String, _ choices: [String]) throws(APIError) -> String? {
    guard let value = self[name] else { return nil }
    let rule = choices.map { "\"\($0)\"" }.joined(separator: " or ")
    guard case .string(let text) = value else { throw mustBe(rule, name, value) }
    // Bytes, because `==` of strings compares canonical equivalence.
    guard choices.contains(where: { $0.utf8.elementsEqual(text.utf8) }) else {
      throw Self.mustBe(rule, path(name), APIError.quoted(text))
    }
    return text
  }

  /// Returns a member that is an object; nil if it is absent.
  func object(_ name: String) throws(APIError) -> RequestFields? {
    switch self[name] {
    case nil: return nil
    case .object(let members)?: return RequestFields(members, path: path(name))
    case let value?: throw mustBe("an object", name, value)
    }
  }
}
#endif

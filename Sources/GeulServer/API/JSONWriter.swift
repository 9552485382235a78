#if Server

/// A writer of JSON as UTF-8.
///
/// Responses are written by hand instead of by `JSONEncoder`, which takes about as long for a streamed token as the
/// model does.
struct JSONWriter {
  /// The JSON so far.
  private(set) var bytes: [UInt8]
  /// Indicates whether a comma has to precede the next key or element.
  private var needsComma = false

  /// Starts with no bytes.
  init() { bytes = [] }

  /// Continues an object or array that has members or elements.
  init(continuing bytes: consuming [UInt8]) {
    self.bytes = bytes
    needsComma = true
  }

  /// Writes an object; `write` writes its members.
  mutating func object(_ write: (inout JSONWriter) -> Void) { group("{", "}", write) }

  /// Writes an array; `write` writes its elements.
  mutating func array(_ write: (inout JSONWriter) -> Void) { group("[", "]", write) }

  /// Writes an array of values.
  mutating func array<Element>(
    _ elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void
  ) {
    array { json in
      for element in elements { write(&json, element) }
    }
  }

  private mutating func group(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ write: (inout JSONWriter) -> Void
  ) {
    separate()
    bytes.append(UInt8(ascii: open))
    needsComma = false
    write(&self)
    bytes.append(UInt8(ascii: close))
    needsComma = true
  }

  /// Writes a key of an object, which needs no escaping; its value follows.
  mutating func key(_ key: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: "\(key)".utf8)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Writes a key of an object that may be any text; its value follows.
  mutating func key(escaping key: String) {
    string(key)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Writes a string.
  mutating func string(_ value: String) {
    separate()
    bytes.appendJSON(value)
    needsComma = true
  }

  /// Writes an integer.
  mutating func integer(_ value: some BinaryInteger) { raw("\(value)") }

  /// Writes a finite number.
  ///
  /// - Precondition: JSON has the number: it is neither infinite nor NaN.
  mutating func number(_ value: Double) {
    precondition(value.isFinite, "JSON has no number \(value)")
    raw("\(value)")
  }

  /// Writes `true` or `false`.
  mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

  /// Writes `null`.
  mutating func null() { raw("null") }

  /// Writes text that is JSON.
  mutating func raw(_ json: String) {
    separate()
    bytes.append(contentsOf: json.utf8)
    needsComma = true
  }

  /// Writes bytes that are JSON.
  mutating func raw(_ json: [UInt8]) {
    separate()
    bytes.append(contentsOf: json)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }
}

/// Values.
extension JSONWriter {
  /// Writes a value.
  mutating func value(_ value: JSONValue) {
    switch value {
    case .null: null()
    case .bool(let value): bool(value)
    case .integer(let value): integer(value)
    case .number(let value): number(value)
    case .string(let value): string(value)
    case .array(let elements): array(elements) { $0.value($1) }
    case .object(let members):
      object { json in
        for member in members {
          json.key(escaping: member.key)
          json.value(member.value)
        }
      }
    }
  }
}

/// Members of an object.
extension JSONWriter {
  /// Writes a member that is a string, or null.
  mutating func field(_ key: StaticString, _ value: String?) {
    self.key(key)
    if let value { string(value) } else { null() }
  }

  /// Writes a member that is an integer.
  mutating func field(_ key: StaticString, _ value: some BinaryInteger) {
    self.key(key)
    integer(value)
  }

  /// Writes a member that is a number; null if it is nil or JSON has no such number.
  mutating func field(_ key: StaticString, number value: Double?) {
    self.key(key)
    if let value, value.isFinite { number(value) } else { null() }
  }

  /// Writes a member that is true or false.
  mutating func field(_ key: StaticString, _ value: Bool) {
    self.key(key)
    bool(value)
  }

  /// Writes a member that is a list of strings.
  mutating func field(_ key: StaticString, _ values: [String]) {
    self.key(key)
    array(values) { $0.string($1) }
  }
}
#endif

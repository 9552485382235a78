#if Server
import Foundation
import GeulServer
import TestSupport
import Testing

/// Parsing and writing of JSON.
struct APIJSONTests {
  private func parse(_ json: String) throws -> JSONValue { try JSONParser.parse(Array(json.utf8)) }

  private func failure(_ bytes: [UInt8]) -> APIError? {
    do throws(APIError) {
      _ = try JSONParser.parse(bytes)
      return nil
    } catch { return error }
  }

  @Test func `every kind of value is parsed`() throws {
    let value = try parse(
      #" {"a" : [null,true , false, -0, 12, -1.5e+3, 1E2, 0.25],"": {}, "b":[ ],"s":"x"} "#)
    #expect(
      value
        == .object([
          .init(
            key: "a",
            value: .array([
              .null, .bool(true), .bool(false), .integer(0), .integer(12), .number(-1500),
              .number(100), .number(0.25),
            ])),
          .init(key: "", value: .object([])), .init(key: "b", value: .array([])),
          .init(key: "s", value: .string("x")),
        ]))
  }

  @Test func `integers of 64 bits are exact`() throws {
    #expect(
      try parse("[9223372036854775807,-9223372036854775808,9007199254740993]")
        == .array([.integer(.max), .integer(.min), .integer(9_007_199_254_740_993)]))
    #expect(try parse("[9223372036854775808]") == .array([.number(9_223_372_036_854_775_808)]))
  }

  @Test func `escape sequences and surrogate pairs are decoded`() throws {
    #expect(
      try parse(#""\"\\\/\b\f\n\r\t\u0041\u00e9\uD55C\ud83d\ude00\u0000""#)
        == .string("\"\\/\u{8}\u{C}\n\r\tA\u{E9}\u{D55C}\u{1F600}\u{0}"))
  }

  @Test(arguments: [
    "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}",
    "{'a':1}", "{1:1}", "nul", "tru", "falsey", "True", "01", "-", "1.", ".5", "+1", "1e", "1e+",
    "0x10", "NaN", "Infinity", "-Infinity", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"",
    "\"\n\"", "\"\u{0}\"", "\"\u{1F}\"", "1 2", "[] x", "\u{FEFF}{}", "{}\u{0}", "[1 2]",
    "{\"a\" 1}", "/**/{}", "\u{A0}1", "--1", "1-", "\"a\" \"b\"",
  ])
  func `what is not JSON is refused`(json: String) throws {
    let error = try #require(failure(Array(json.utf8)))
    #expect((error.status, error.code, error.param) == (400, "invalid_json", nil))
    #expect(error.message.hasSuffix("."))
  }

  @Test func `a message says what is wrong at which byte`() {
    #expect(
      failure(Array("{\"a\":1,}".utf8))?.message
        == "The request body is not valid JSON: \"}\" at byte 7, where a key in quotation marks is "
        + "expected.")
    #expect(failure([])?.message == "The request body is empty; send a JSON object.")
    #expect(
      failure(Array("[".utf8))?.message
        == "The request body is not valid JSON: it ends where a value is expected.")
  }

  @Test(
    arguments: [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xEA, 0xB8], [0x80],
    ] as [[UInt8]])
  func `what is not UTF-8 is refused`(sequence: [UInt8]) throws {
    let error = try #require(failure(Array("\"".utf8) + sequence + Array("\"".utf8)))
    #expect(error.code == "invalid_json")
    #expect(error.message.contains("UTF-8") && error.message.contains("at byte 1."), "\(error)")
  }

  @Test(arguments: [
    #""\ud800""#, #""\udc00""#, #""\ud800\ud800""#, #""\ud800x""#, #""\ud83dA\ude00""#,
    #""\ud800\n""#, #""\ude00\ud83d""#, #""\ud800\"#, #""\ud800\u""#,
  ])
  func `an unpaired surrogate is refused`(json: String) {
    #expect(failure(Array(json.utf8))?.code == "invalid_json")
  }

  @Test func `values are nested at most 64 levels deep`() throws {
    func nested(_ open: String, _ close: String, _ depth: Int) -> [UInt8] {
      Array(
        (String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth))
          .utf8)
    }
    #expect(failure(nested("[", "]", 64)) == nil)
    #expect(failure(nested("{\"a\":", "}", 64)) == nil)
    #expect(failure(nested("[", "]", 65))?.message.contains("more than 64") == true)
    #expect(failure(nested("{\"a\":", "}", 65))?.message.contains("more than 64") == true)
    #expect(failure(nested("[", "", 1_000_000))?.code == "invalid_json")
    #expect(failure(nested("{\"a\":[", "", 200_000))?.code == "invalid_json")
  }

  /// A megabyte takes some 10 ms; a parser of quadratic time would need minutes.
  @Test(arguments: [
    ("[" + String(repeating: "[],", count: 300_000) + "0]", "lists"),
    ("{" + String(repeating: "\"a\":{},", count: 140_000) + "\"b\":0}", "objects"),
    ("\"" + String(repeating: "\\u0041", count: 170_000) + "\"", "escapes"),
    ("\"" + String(repeating: "한", count: 340_000) + "\"", "text"),
    ("[" + String(repeating: "1,", count: 500_000) + "1]", "numbers"),
    (String(repeating: " ", count: 1_000_000) + "1", "white space"),
    (
      "[" + String(repeating: String(repeating: "9", count: 1000) + ",", count: 1000) + "1]",
      "digits"
    ),
  ])
  func `parsing takes linear time`(json: String, kind: String) throws {
    let clock = ContinuousClock()
    let time = try clock.measure { _ = try JSONParser.parse(Array(json.utf8)) }
    #expect(time < .seconds(1), "\(kind)")
  }

  @Test func `a number has at most 1024 characters`() {
    #expect(failure(Array(String(repeating: "1", count: 1024).utf8)) == nil)
    #expect(failure(Array(String(repeating: "1", count: 1025).utf8))?.code == "invalid_json")
  }

  /// A random string of control characters, ASCII, Hangul, emoji and others.
  private static func randomString(_ random: inout SeededGenerator) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0...40, using: &random) {
      let scalar: UInt32 =
        switch Int.random(in: 0..<8, using: &random) {
        case 0: .random(in: 0..<0x20, using: &random)
        case 1:
          [0x22, 0x5C, 0x2F, 0x7F, 0x2028, 0x2029, 0xFFFD][Int.random(in: 0..<7, using: &random)]
        case 2: .random(in: 0x1F300..<0x1F700, using: &random)
        case 3: .random(in: 0xAC00..<0xD7A4, using: &random)
        case 4: .random(in: 0..<0x110000, using: &random)
        default: .random(in: 0x20..<0x7F, using: &random)
        }
      if let scalar = Unicode.Scalar(scalar) { text.unicodeScalars.append(scalar) }
    }
    return text
  }

  @Test func `escaped strings are read back by Foundation and by the parser`() throws {
    var random = SeededGenerator(seed: 20)
    for _ in 0..<5000 {
      let text = Self.randomString(&random)
      var json: [UInt8] = []
      json.appendJSON(text)
      let value = try JSONSerialization.jsonObject(with: Data(json), options: .fragmentsAllowed)
      let read = try #require(value as? String)
      #expect(read.utf8.elementsEqual(text.utf8), "\(String(decoding: json, as: UTF8.self))")
      guard case .string(let parsed) = try JSONParser.parse(json) else {
        Issue.record("not a string")
        return
      }
      #expect(parsed.utf8.elementsEqual(text.utf8))
      #expect(json.allSatisfy { $0 >= 0x20 }, "an event is one line")
    }
  }

  /// Foundation loses U+FEFF on Linux, so random strings do not have it.
  @Test func `a byte order mark inside of a string is kept`() throws {
    var json: [UInt8] = []
    json.appendJSON("a\u{FEFF}b")
    #expect(try JSONParser.parse(json) == .string("a\u{FEFF}b"))
  }

  @Test func `strings that Foundation writes are read`() throws {
    var random = SeededGenerator(seed: 21)
    for _ in 0..<2000 {
      let text = Self.randomString(&random)
      let json = try JSONSerialization.data(withJSONObject: ["k": text])
      guard case .object(let members) = try JSONParser.parse(Array(json)),
        case .string(let read)? = members.first?.value
      else {
        Issue.record("not an object")
        return
      }
      #expect(read.utf8.elementsEqual(text.utf8))
    }
  }

  @Test func `a string is escaped at 100 MB per second or more`() {
    let text = String(repeating: "Dear Nell,\n\"the light is lit\" 한글. ", count: 200_000)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(2 * text.utf8.count)
    let time = ContinuousClock().measure { bytes.appendJSON(text) }
    let rate = Double(text.utf8.count) / (time / .seconds(1)) / 1e6
    #expect(rate > 100, "\(Int(rate)) MB/s")
  }
}
#endif

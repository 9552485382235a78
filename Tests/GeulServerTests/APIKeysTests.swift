#if Server
import Foundation
import GeulServer
import Testing

struct APIKeysTests {
  let keys = APIKeys(lines: "first\n\n  second key \r\nthird\n")

  @Test(arguments: ["first", "second key", "third"])
  func `each line is a key`(key: String) {
    #expect(keys.contains(Array(key.utf8)))
  }

  @Test(arguments: [
    "", " ", "firs", "first ", "firstfirst", "First", "second", "second key\r", "first\nthird",
  ])
  func `other texts are no keys`(key: String) {
    #expect(!keys.contains(Array(key.utf8)))
  }

  @Test
  func `a text without lines has no keys`() {
    #expect(APIKeys(lines: " \n\t\n").isEmpty)
    #expect(!keys.isEmpty)
    #expect(!APIKeys(lines: "").contains([]))
  }

  @Test
  func `the key is a bearer token or the password of basic authentication`() {
    func key(_ header: String) -> String? {
      APIKeys.key(ofAuthorization: header).map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(key("Bearer abc") == "abc")
    #expect(key("bearer  a b") == "a b")
    #expect(key("Basic " + Data("user:a:b".utf8).base64EncodedString()) == "a:b")
    #expect(key("Basic " + Data(":한글".utf8).base64EncodedString()) == "한글")
    #expect(key("Basic " + Data("nocolon".utf8).base64EncodedString()) == nil)
    #expect(key("Basic ???") == nil)
    #expect(key("Digest abc") == nil)
    #expect(key("abc") == nil)
    #expect(key("") == nil)
  }
}
#endif

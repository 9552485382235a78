import Foundation
import Testing

/// Tests of the strings.js files: `export const xStrings = { en: { "key": "text", ... }, ko: { ... } };`.
struct PageStringsTests {
  @Test("Every string is there in English and in Korean, with the same values in braces")
  func sameKeys() throws {
    let folder = "Sources/GeulPage/Resources"
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).filter {
      $0.lowercased().hasSuffix("strings.js") && $0 != "app/strings.js"
    }
    let files = try paths.map { path in
      (path, try String(contentsOfFile: "\(folder)/\(path)", encoding: .utf8))
    }
    #expect(files.count >= 5)
    for (path, text) in files {
      let halves = text.components(separatedBy: "ko: {")
      try #require(halves.count == 2, "\(path)")
      let (english, korean) = (Self.strings(halves[0]), Self.strings(halves[1]))
      #expect(!english.isEmpty, "\(path)")
      #expect(Set(english.keys) == Set(korean.keys), "\(path)")
      for (key, text) in english {
        let other = korean[key] ?? ""
        #expect(!text.isEmpty && !other.isEmpty, "\(path): \(key)")
        #expect(Self.values(text) == Self.values(other), "\(path): \(key)")
      }
    }
  }

  /// Returns the strings of one language by their keys.
  private static func strings(_ text: String) -> [String: String] {
    var strings: [String: String] = [:]
    for match in text.matches(
      of: /"([a-zA-Z0-9.]+)":\s*("(?:[^"\\]|\\.)*"(?:\s*\+\s*"(?:[^"\\]|\\.)*")*)/)
    {
      strings[String(match.1)] = String(match.2)
    }
    return strings
  }

  /// Returns the names of the values that a string contains.
  private static func values(_ text: String) -> Set<String> {
    Set(text.matches(of: /\{(\w+)\}/).map { String($0.1) })
  }
}

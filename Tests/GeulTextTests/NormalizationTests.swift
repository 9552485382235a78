import GeulText
import Testing

struct NormalizationTests {
  private static func form(_ form: NormalForm, _ text: String) -> String {
    Tokenizer(unit: .codepoint, normalization: form).normalized(text)
  }

  @Test(.enabled(if: UnicodeData.normalizationTest != nil, UnicodeData.hint))
  func `all lines of Unicode's NormalizationTest hold`() throws {
    let lines = try #require(UnicodeData.normalizationTest)
    var failures: [String] = []
    var tested = 0
    var isPart1 = false
    var listed: Set<UInt32> = []
    for line in lines {
      if line.hasPrefix("@") {
        isPart1 = line.hasPrefix("@Part1")
        continue
      }
      let c = line.split(separator: ";").prefix(5).map { text(hex: $0) }
      if isPart1 { listed.formUnion(scalars(c[0])) }
      // The conformance clauses at the top of the file: the column that is the normal form of each.
      let rules: [(NormalForm, [Int])] = [
        (.nfc, [1, 1, 1, 3, 3]), (.nfd, [2, 2, 2, 4, 4]), (.nfkc, [3, 3, 3, 3, 3]),
      ]
      for (form, columns) in rules {
        for (source, target) in columns.enumerated()
        where scalars(Self.form(form, c[source])) != scalars(c[target]) {
          failures.append("\(form) of column \(source + 1): \(line)")
        }
      }
      tested += 1
    }
    // Characters that are not listed in Part 1 are unchanged by all forms.
    let others = (UInt32(1)...0x10FFFF).compactMap { Unicode.Scalar($0) }
      .filter { !listed.contains($0.value) }
    for start in stride(from: 0, to: others.count, by: 1024) {
      // The separator combines with no character.
      let text = others[start..<min(start + 1024, others.count)].map { "!\($0)" }.joined()
      let changed = [NormalForm.nfc, .nfd, .nfkc].filter {
        scalars(Self.form($0, text)) != scalars(text)
      }
      if !changed.isEmpty {
        failures.append("\(changed) change a character from \(hex(String(others[start]))) on")
      }
    }
    #expect(failures.isEmpty)
    #expect(tested > 18_000)
    print("NormalizationTest: \(tested) lines, \(others.count) unlisted characters")
  }

  @Test func `bytes are never normalized`() {
    #expect(Tokenizer(unit: .byte, normalization: .nfkc).normalization == .none)
    #expect(Tokenizer(unit: .byte).tokens(of: "é").map(scalars) == [[0xC3], [0xA9]])
  }

  @Test func `examples of each normal form`() {
    #expect(scalars(Self.form(.nfc, "e\u{301}")) == [0xE9])
    #expect(scalars(Self.form(.nfd, "한")) == [0x1112, 0x1161, 0x11AB])
    #expect(scalars(Self.form(.nfkc, "ﬁＡ")) == [0x66, 0x69, 0x41])
    #expect(scalars(Self.form(.none, "e\u{301}")) == [0x65, 0x301])
  }
}

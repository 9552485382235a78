import GeulGeneration
import GeulModel
import GeulText
import TestSupport
import Testing

struct PatternTests {
  /// All texts of at most `length` of these characters.
  private static func texts(_ characters: [String], length: Int) -> [String] {
    var all = [""]
    var last = [""]
    for _ in 0..<length {
      last = last.flatMap { text in characters.map { text + $0 } }
      all += last
    }
    return all
  }

  @Test(arguments: ControlFixture.tokenizers)
  func `the automaton of a random pattern accepts what Swift's Regex matches`(
    tokenizer: Tokenizer
  ) throws {
    let fixture = try ControlFixture(tokenizer)
    let texts = Self.texts(["가", "각", "나", "a", "b"], length: 4).dropFirst()
    var random = SeededGenerator(seed: 11)
    var acceptedCount = 0
    for _ in 0..<(isThorough ? 300 : 40) {
      let pattern = randomPattern(&random)
      let regex = try Regex(pattern)
      let constraint: SequenceConstraint
      do {
        constraint = try fixture.constraint(pattern: pattern)
      } catch ConstraintError.impossible {
        let matching = texts.first { (try? regex.wholeMatch(in: $0)) != nil }
        #expect(matching == nil, "\(pattern)")
        continue
      }
      for text in texts {
        let ids = try #require(fixture.ids(text))
        let isMatch = try regex.wholeMatch(in: text) != nil
        #expect(constraint.accepts(ids) == isMatch, "\(pattern) \(text)")
        acceptedCount += isMatch ? 1 : 0
      }
    }
    #expect(acceptedCount > 1000)
  }

  @Test(arguments: ControlFixture.tokenizers)
  func `every generated text matches a random pattern, also at the length limit`(
    tokenizer: Tokenizer
  ) throws {
    let fixture = try ControlFixture(tokenizer, text: ControlFixture.plainText)
    var random = SeededGenerator(seed: 12)
    var endings: [Generator.Ending: Int] = [:]
    for _ in 0..<(isThorough ? 200 : 30) {
      let pattern = randomPattern(&random, depth: 4)
      guard let constraint = try? fixture.constraint(pattern: pattern) else { continue }
      let regex = try Regex(pattern)
      let minimum = constraint.minimumLength
      for length in [minimum, minimum + 1, minimum + 7] where length > 0 {
        for (text, ending) in try fixture.texts(constraint, length: length, count: 3) {
          #expect(try regex.wholeMatch(in: text) != nil, "\(pattern) \(length) \(text)")
          endings[ending, default: 0] += 1
        }
      }
      guard minimum > 0 else { continue }
      #expect(throws: SamplingError.lengthTooSmall(length: minimum - 1, minimum: minimum)) {
        _ = try fixture.texts(constraint, length: minimum - 1)
      }
    }
    #expect(endings[.pattern] ?? 0 > 50 && endings[.length] ?? 0 > 5, "\(endings)")
    #expect(endings[.noCandidates] == nil)
  }

  @Test(arguments: ControlFixture.tokenizers)
  func `a syllable of a pattern is not completed to another one`(tokenizer: Tokenizer) throws {
    let fixture = try ControlFixture(tokenizer)
    let open = try fixture.constraint(pattern: "가.")
    for (text, isMatch) in [("가나", true), ("각", false), ("각나", false), ("가각", true)] {
      #expect(open.accepts(try #require(fixture.ids(text))) == isMatch, "\(text)")
    }
    // The prompt's last syllable could get a final consonant, and so could the first generated one.
    for (text, _) in try fixture.texts(
      try fixture.constraint(pattern: "[가나]{3}"), count: 20, prompt: "ab 가")
    {
      #expect(text.count == 3 && text.allSatisfy { "가나".contains($0) }, "\(text)")
    }
  }

  @Test(arguments: ControlFixture.tokenizers)
  func `letters with accents and line breaks have the model's form`(tokenizer: Tokenizer) throws {
    let fixture = try ControlFixture(tokenizer)
    // Without a normal form, a pattern is spelled like the text.
    let decomposed = tokenizer.unit == .byte ? [] : ["e\u{301}\\n"]
    for pattern in ["é\n", "\\u00E9\\R"] + decomposed {
      let constraint = try fixture.constraint(pattern: pattern)
      #expect(constraint.accepts(try #require(fixture.ids("é\n"))), "\(pattern)")
      #expect(try fixture.texts(constraint, count: 1)[0].text == "é\n")
    }
  }

  @Test func `the line break of a pattern is that of the model's text`() throws {
    for unit in TokenUnit.allCases {
      let fixture = try ControlFixture(Tokenizer(unit: unit), text: "a\r\nb\r\n")
      let constraint = try fixture.constraint(pattern: "a\\nb")
      let spellings = [TokenUnit.grapheme, .jamo].contains(unit) ? ["a\r\nb"] : ["a\r\nb", "a\nb"]
      #expect(spellings.contains(try fixture.texts(constraint, count: 1)[0].text))
    }
  }

  @Test func `classes have the members that their syntax says`() throws {
    let fixture = try ControlFixture(Tokenizer(), text: "한글abc_ 12.,-]\n\tñA")
    for (pattern, members) in [
      (#"\d"#, "12"), (#"\w"#, "한글abc_12ñA"), (#"\s"#, " \n\t"), (#"[\d\s]"#, "12 \n\t"),
      (#"\p{Hangul}"#, "한글"), (#"\P{L}"#, "_ 12.,-]\n\t"), (#"\p{Lu}"#, "A"), (#"[^\w\s]"#, ".,-]"),
      (#"[\p{Latin}&[a-z]]"#, "abc"), (#"[\]\-]"#, "]-"), (#"[[a-c]-[b]]"#, "ac"),
      (".", "한글abc_ 12.,-]\tñA"),
      (#"\x41"#, "A"), (#"\uD55C"#, "한"), (#"\u{AE00}|\."#, "글."), (#"[[:Latin:]]"#, "abcñA"),
    ] {
      let constraint = try fixture.constraint(pattern: pattern)
      for token in fixture.model.metadata.vocabulary.tokens {
        let id = try #require(fixture.model.metadata.vocabulary.id(of: token))
        #expect(constraint.accepts([id]) == members.contains(token), "\(pattern) \(token)")
      }
    }
  }

  @Test(arguments: [
    ("(가", 1, "no closing parenthesis"), ("가)", 2, "no opening parenthesis"),
    ("가[나", 2, "no closing bracket"), ("*가", 1, "nothing to repeat"),
    ("가{3,2}", 2, "below the minimum"), ("가{2000}", 2, "at most 1000"), ("가{", 2, "write \\{"),
    ("가**", 2, "a quantifier follows"), ("가*+", 3, "possessive"), ("(?=가)", 1, "(?:...)"),
    ("(?<n>가)", 1, "(?:...)"), (#"(가)\1"#, 4, "backreferences"), (#"가\b"#, 2, "anchor"),
    ("가^나", 2, "only at the beginning"), ("가$나", 2, "only at the end"), (#"\q"#, 1, "escape"),
    ("\\", 1, "last character"), (#"\x4"#, 1, "code of a character"), (#"\u{D800}"#, 1, "code"),
    (#"가\p{Nothing}"#, 2, "not a character class"), ("[가", 1, "closing bracket"),
    ("[z-a]", 1, "not a character class"), ("[{ab}]", 1, "strings"), ("[]", 1, "no characters"),
  ])
  func `a pattern that is malformed or not supported is refused with its position`(
    pattern: String, position: Int, part: String
  ) throws {
    let error = try #require(throws: PatternError.self) { try TextPattern(pattern) }
    #expect(error.position == position && error.problem.contains(part), "\(error)")
    #expect(error.description.hasSuffix(".") && !error.description.hasSuffix(".."))
  }

  @Test func `random strings are patterns or have an error within them`() throws {
    var random = SeededGenerator(seed: 17)
    let parts = Array(#"()[]{}|*+?.^$\\-&:,=!<pPLdwsRnxu019가a, "#) + ["\u{301}", "\0"]
    var counts = (valid: 0, invalid: 0)
    for _ in 0..<(isThorough ? 200_000 : 10_000) {
      let pattern = String(
        (0..<Int.random(in: 1...10, using: &random)).map { _ in
          parts.randomElement(using: &random) ?? "a"
        })
      do throws(PatternError) {
        _ = try TextPattern(pattern)
        counts.valid += 1
      } catch {
        counts.invalid += 1
        #expect(
          (1...pattern.unicodeScalars.count + 1).contains(error.position), "\(pattern) \(error)")
      }
    }
    #expect(counts.valid > 500 && counts.invalid > 500, "\(counts)")
  }

  @Test func `anchors at the ends and lazy quantifiers change nothing`() throws {
    let fixture = try ControlFixture(Tokenizer())
    for pattern in ["^a+?b$", "^ab$|^aab$", "(?:a{1,2}?)b"] {
      let constraint = try fixture.constraint(pattern: pattern)
      for (text, isMatch) in [("ab", true), ("aab", true), ("b", false)] {
        #expect(constraint.accepts(try #require(fixture.ids(text))) == isMatch, "\(pattern)")
      }
    }
  }

  @Test func `a pattern with too many states is refused`() throws {
    let fixture = try ControlFixture(Tokenizer())
    for pattern in ["[ab]*a[ab]{30}", "(((a{0,900}b){0,900}){0,900}){0,900}"] {
      #expect(throws: ConstraintError.tooComplex) { try fixture.constraint(pattern: pattern) }
    }
  }
}

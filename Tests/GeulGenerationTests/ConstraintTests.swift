import GeulGeneration
import GeulModel
import GeulText
import TestSupport
import Testing

struct ConstraintTests {
  @Test(arguments: [
    SamplingOptions(temperature: 1), SamplingOptions(temperature: 0.5, logitBias: [2: -100, 3: 2]),
  ])
  func `masked probabilities are those of the allowed tokens, renormalized`(
    options: SamplingOptions
  ) throws {
    var random = SeededGenerator(seed: 5)
    var sampler = try Sampler(options, vocabularySize: 12, banned: [0])
    let window = PenaltyWindow(capacity: 0)
    for _ in 0..<50 {
      let logits = (0..<12).map { _ in Float.random(in: -4...4, using: &random) }
      var mask = (0..<12).map { _ in Bool.random(using: &random) }
      mask[5] = true
      let offsets = mask.map { $0 ? 0 : -Float.infinity }
      let all = sampler.distribution(logits.span, after: window)
      let masked = sampler.distribution(logits.span, after: window, adding: offsets)
      let total = (0..<12).reduce(0.0) { $0 + (mask[$1] ? all[$1] : 0) }
      for id in 0..<12 {
        #expect(abs(masked[id] - (mask[id] ? all[id] / total : 0)) < 1e-12)
      }
      let uniform = Double.random(in: 0..<1, using: &random)
      #expect(
        masked[sampler.sample(logits.span, after: window, uniform: uniform, adding: offsets)] > 0)
    }
  }

  @Test func `offsets are added to the logits`() throws {
    var sampler = try Sampler(SamplingOptions(temperature: 0.7), vocabularySize: 3)
    let window = PenaltyWindow(capacity: 0)
    let sums = sampler.distribution(([1.5, 2, 0.25] as [Float]).span, after: window)
    let offsets: [Float] = [0.5, 0, -0.75]
    #expect(
      sampler.distribution(([1, 2, 1] as [Float]).span, after: window, adding: offsets) == sums)
  }

  @Test func `filters see the allowed tokens only`() throws {
    let logits: [Float] = [5, 4, 3, 2, 1]
    let offsets: [Float] = [-.infinity, -.infinity, 0, 0, 0]
    for options in [
      SamplingOptions(temperature: 1, topK: 1), SamplingOptions(temperature: 0),
      SamplingOptions(temperature: 1, topP: 0.3), SamplingOptions(temperature: 1, minP: 0.9),
    ] {
      var sampler = try Sampler(options, vocabularySize: 5)
      #expect(
        sampler.distribution(logits.span, after: PenaltyWindow(capacity: 0), adding: offsets)
          == [0, 0, 1, 0, 0])
    }
  }

  @Test func `a mask of all tokens changes no bit`() throws {
    let fixture = try GenerationFixture()
    let everything = try SequenceConstraint(
      { () throws in
        var control = TextControl()
        control.allowed = try CharacterClass(#"[^\u0000]"#)
        return control
      }(), of: fixture.model.metadata)
    var random = SeededGenerator(seed: 9)
    for _ in 0..<40 {
      var request = fixture.request(&random)
      var engine = fixture.engine(capacity: 1)
      func text() throws -> String {
        _ = try engine.admit(request)
        var text = ""
        while !engine.isIdle { for event in engine.step() { text += event.text } }
        return text
      }
      let plain = try text()
      request.constraint = everything
      #expect(try text() == plain)
    }
  }

  @Test func `the model decides how long a text gets, by the probability of the other tokens`()
    throws
  {
    let fixture = try ControlFixture(Tokenizer(), bound: 0)
    // All tokens are equally likely; a is one of v.
    let constraint = try fixture.constraint(pattern: "a{1,3}")
    let count = Double(fixture.model.metadata.vocabulary.count)
    var lengths = [0.0, 0, 0, 0]
    let samples = 4000
    for (text, ending) in try fixture.texts(constraint, count: samples) {
      lengths[text.count] += 1
      #expect(ending == .pattern)
    }
    let goesOn = 1 / count
    for (length, expected) in [(1, 1 - goesOn), (2, goesOn * (1 - goesOn)), (3, goesOn * goesOn)] {
      let deviation = (expected * (1 - expected) / Double(samples)).squareRoot()
      #expect(abs(lengths[length] / Double(samples) - expected) < 4 * deviation, "\(lengths)")
    }
  }

  @Test(arguments: ControlFixture.tokenizers)
  func `allowed and banned characters`(tokenizer: Tokenizer) throws {
    let fixture = try ControlFixture(tokenizer)
    let allow = try fixture.constraint { $0.allowed = try CharacterClass("가나ab") }
    let ban = try fixture.constraint { $0.banned = try CharacterClass(#"[각\n 0-9]"#) }
    let both = try fixture.constraint {
      $0.allowed = try CharacterClass(#"\p{Hangul}"#)
      $0.banned = try CharacterClass("각간낙난")
    }
    for (text, ending) in try fixture.texts(allow, length: 100) {
      #expect(ending == .length && text.count > 20)
      #expect(text.allSatisfy { "가나ab".contains($0) }, "\(text)")
    }
    for (text, _) in try fixture.texts(ban, length: 100) {
      #expect(!text.contains { "각\n 0123456789".contains($0) }, "\(text)")
    }
    for (text, _) in try fixture.texts(both, length: 100) {
      #expect(!text.isEmpty && text.allSatisfy { "가"..."힣" ~= $0 }, "\(text)")
      #expect(!text.contains { "각간낙난".contains($0) }, "\(text)")
    }
    #expect(throws: ConstraintError.impossible) {
      try fixture.constraint { $0.allowed = try CharacterClass("Z") }
    }
  }

  /// Tokenizers of decomposed Hangul.
  private static let jamo =
    ControlFixture.tokenizers.filter { $0.unit == .jamo } + [
      Tokenizer(unit: .codepoint, normalization: .nfd)
    ]

  @Test(arguments: jamo)
  func `letters stand for jamo in models of jamo`(tokenizer: Tokenizer) throws {
    let fixture = try ControlFixture(tokenizer)
    let decomposed = Tokenizer(unit: .codepoint, normalization: .nfd)
    func accepts(_ pattern: String, _ jamo: String) throws -> Bool {
      let ids = try jamo.unicodeScalars.map {
        try #require(fixture.model.metadata.vocabulary.id(of: String($0)))
      }
      return try fixture.constraint(pattern: pattern).accepts(ids)
    }
    // The text has the syllables 가, 나, 각, 난, 간, 낙 and 다.
    let (g, n, a, finalG) = ("\u{1100}", "\u{1102}", "\u{1161}", "\u{11A8}")
    for pattern in ["[ㄱ-ㅎ]{2}", "ㄱㄴ", "[ㄱ-ㅎ]ㄴ", "(ㄱ|ㄴ)+"] {
      #expect(try accepts(pattern, g + n), "\(pattern)")
      #expect(try !accepts(pattern, g + a), "\(pattern)")
    }
    for pattern in ["ㄱㅏㄱ", "[ㄱ-ㅎ][ㅏ-ㅣ][ㄱ-ㅎ]", "가ㄱ", "[ㄱ-ㅣ]+", "각"] {
      #expect(try accepts(pattern, g + a + finalG), "\(pattern)")
    }
    // A trailing consonant follows a vowel.
    #expect(try !accepts("[ㄱ-ㅎ]+", finalG) && !accepts("ㄱㄱ", g + finalG))
    // Classes that have jamo themselves have complete syllables only.
    for pattern in [".{2}", "\\p{Hangul}{2}", "[^b]{2}"] {
      #expect(try !accepts(pattern, g + n), "\(pattern)")
    }
    // A text that matches is complete, also if it ends with a leading consonant.
    let consonants = try fixture.constraint(pattern: "[ㄱ-ㅎ]{3}")
    for (text, ending) in try fixture.texts(consonants) {
      #expect(text.unicodeScalars.count == 3 && ending == .pattern, "\(text)")
    }
    let allowed = try fixture.constraint { $0.allowed = try CharacterClass("[ㄱ-ㅎㅏ]") }
    for (text, _) in try fixture.texts(allowed, length: 60) {
      let scalars = decomposed.tokens(of: text)
      #expect(scalars.count > 20 && scalars.allSatisfy { "\u{1100}" <= $0 && $0 < "\u{1200}" })
    }
    let banned = try fixture.constraint { $0.banned = try CharacterClass("[ㄱ-ㅎ]") }
    let isLone = { (scalar: Unicode.Scalar) in 0x1100..<0x1200 ~= scalar.value }
    for (text, _) in try fixture.texts(banned, length: 60) {
      #expect(!text.unicodeScalars.contains(where: isLone), "\(text)")
    }
    // A ban of jamo does not make letters of what is left.
    let jamoBanned = try fixture.constraint {
      $0.banned = try CharacterClass("[\u{1100}-\u{11FF}]")
    }
    for (text, _) in try fixture.texts(jamoBanned, length: 60) {
      #expect(!text.unicodeScalars.contains(where: isLone), "\(text)")
    }
  }

  @Test(arguments: ControlFixture.tokenizers)
  func `a letter after a syllable stands alone, or is its final in models of jamo`(
    tokenizer: Tokenizer
  ) throws {
    let fixture = try ControlFixture(tokenizer, text: ControlFixture.text + "ㄱ\n")
    let letter = try fixture.constraint(pattern: "가ㄱ")
    let syllable = try fixture.constraint(pattern: "각")
    let isDecomposed = tokenizer.unit == .jamo || tokenizer.normalization == .nfd
    for (text, isMatch) in [
      ("가ㄱ", true), ("각", isDecomposed), ("간", false), ("가", false), ("각ㄱ", false),
    ] {
      let ids = try #require(fixture.ids(text))
      #expect(letter.accepts(ids) == isMatch, "\(text)")
      #expect(syllable.accepts(ids) == (text == "각"), "\(text)")
    }
  }

  @Test(arguments: ControlFixture.tokenizers)
  func `a line of an acrostic begins with a syllable of the letter`(tokenizer: Tokenizer) throws {
    let fixture = try ControlFixture(tokenizer, text: ControlFixture.plainText + "아.\n")
    let constraint = try fixture.constraint { $0.lines = LineForm(acrostic: "ㄱㄴㅏ", length: 6) }
    for (text, ending) in try fixture.texts(constraint, length: 300) {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(ending == .pattern && lines.count == 3, "\(text)")
      let ranges: [ClosedRange<Character>] = ["가"..."깋", "나"..."닣", "아"..."앟"]
      for (line, syllables) in zip(lines, ranges) {
        let first = try #require(line.first)
        // Bytes can write the letter itself, too.
        #expect(syllables ~= first || tokenizer.unit == .byte && "ㄱㄴㅏ".contains(first), "\(text)")
      }
    }
    if tokenizer.unit != .byte {
      #expect(throws: ConstraintError.acrostic("ㅋ")) {
        try fixture.constraint { $0.lines = LineForm(acrostic: "ㅋ") }
      }
    }
    #expect(throws: ConstraintError.self) {
      try ControlFixture(Tokenizer()).constraint { $0.lines = LineForm(acrostic: "ㄳ") }
    }
  }

  @Test(arguments: ControlFixture.tokenizers)
  func `an acrostic has a line for each character`(tokenizer: Tokenizer) throws {
    let fixture = try ControlFixture(tokenizer, text: ControlFixture.plainText)
    let constraint = try fixture.constraint { $0.lines = LineForm(acrostic: "가a나", length: 9) }
    for (text, ending) in try fixture.texts(constraint, length: 300, count: 20) {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(ending == .pattern && lines.compactMap(\.first) == ["가", "a", "나"], "\(text)")
      #expect(lines.count == 3 && lines.allSatisfy { 4...9 ~= $0.count }, "\(text)")
    }
    #expect(throws: ConstraintError.acrostic("Z")) {
      try fixture.constraint { $0.lines = LineForm(acrostic: "가Z") }
    }
    let isWhole = tokenizer.unit == .grapheme || tokenizer.unit == .codepoint
    let error = #expect(throws: ConstraintError.self) {
      try fixture.constraint { $0.lines = LineForm(acrostic: "가뷁") }
    }
    #expect(error == (isWhole ? .syllable("뷁") : .acrostic("뷁")))
    #expect(error?.description.contains("--unit jamo") == isWhole)
  }

  @Test(arguments: ControlFixture.tokenizers)
  func `lines end with one of the endings`(tokenizer: Tokenizer) throws {
    let fixture = try ControlFixture(tokenizer)
    for acrostic in [nil, "가나"] {
      let constraint = try fixture.constraint {
        $0.lines = LineForm(acrostic: acrostic, endings: ["다.", "b"], length: 12)
      }
      for (text, ending) in try fixture.texts(constraint, length: 150, count: 20) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(ending == (acrostic == nil ? .length : .pattern))
        #expect(lines.count == acrostic?.count ?? lines.count && lines.count >= 2, "\(text)")
        #expect(
          lines.allSatisfy { ($0.hasSuffix("다.") || $0.hasSuffix("b")) && $0.count <= 12 },
          "\(text)")
      }
    }
    #expect(throws: ConstraintError.lineTooShort(length: 2, minimum: 3)) {
      try fixture.constraint { $0.lines = LineForm(acrostic: "가", endings: ["다."], length: 2) }
    }
  }

  @Test func `a rare ending comes before the maximum length of a line`() throws {
    let fixture = try ControlFixture(Tokenizer(), bound: 0)
    // All tokens are equally likely, so an ending of two tokens would come once in some hundred characters.
    let count = fixture.model.metadata.vocabulary.count
    try #require(count > 15)
    let constraint = try fixture.constraint {
      $0.lines = LineForm(acrostic: "가나다", endings: ["다."], length: 80)
    }
    let texts = try fixture.texts(constraint, length: 300, count: 40)
    let lengths = texts.flatMap { $0.text.split(separator: "\n").map(\.count) }
    #expect(lengths.count == 120 && lengths.reduce(0, +) < 60 * 120, "\(lengths)")
  }

  @Test func `a pattern and the form of lines apply together`() throws {
    let fixture = try ControlFixture(Tokenizer(unit: .jamo))
    let constraint = try fixture.constraint {
      $0.pattern = try TextPattern("[가-힣 \\n]*")
      $0.lines = LineForm(acrostic: "가나", length: 8)
    }
    for (text, _) in try fixture.texts(constraint, length: 100) {
      #expect(text.wholeMatch(of: /가[가-힣 ]{3,7}\n나[가-힣 ]{3,7}/) != nil, "\(text)")
    }
  }

  @Test func `bans of tokens count as missing tokens`() throws {
    let fixture = try ControlFixture(Tokenizer())
    let id = try #require(fixture.model.metadata.vocabulary.id(of: "a"))
    let sampling = SamplingOptions(temperature: 1, logitBias: [id: -100])
    let constraint = try fixture.constraint(sampling: sampling) {
      $0.pattern = try TextPattern("(ab|ba|가나)b?")
    }
    for (text, _) in try fixture.texts(constraint, sampling: sampling) {
      #expect(["가나", "가나b"].contains(text))
    }
    // Without the bans at its creation, the constraint does not know that nothing can follow.
    let unaware = try fixture.constraint(pattern: "가a")
    for (text, ending) in try fixture.texts(unaware, sampling: sampling) {
      #expect(text == "가" && ending == .noCandidates)
    }
  }
}

import GeulCompute
import GeulGeneration
import GeulModel
import GeulText
import Testing

/// Stop strings in another form than the model's text.
struct StopStringTests {
  /// Generates text with a model that emits `text` token by token after its first token, again and again.
  ///
  /// The model is an RNN without memory: the logit of the token that follows is the only positive one. So `text` must
  /// not contain a token twice.
  private func generated(
    _ text: String, unit: TokenUnit = .grapheme, normalization: NormalForm = .nfc,
    length: Int? = nil,
    stops: [String]
  ) throws -> (text: String, ending: Generator.Ending) {
    let generator = try generator(text, unit: unit, normalization: normalization)
    let tokens = Tokenizer(unit: unit, normalization: normalization).tokens(of: text).count
    let request = Generator.Request(
      prompt: [tokens - 1], length: length ?? tokens, sampling: SamplingOptions(temperature: 0),
      stops: stops)
    let result = try generator.texts(request)[0]
    return (result.text, result.ending)
  }

  private func model(
    _ text: String, unit: TokenUnit, normalization: NormalForm
  ) throws -> Model {
    let tokenizer = Tokenizer(unit: unit, normalization: normalization)
    let tokens = tokenizer.tokens(of: text)
    let count = tokens.count
    let vocabulary = try Vocabulary(tokens: tokens, unknownID: nil)
    let architecture = Architecture(cell: .rnn, layers: 1, hidden: count)
    let network = Network(architecture, vocabulary: count)
    let tensors = network.tensorShapes.enumerated().map { position, tensor in
      var values = [Float](repeating: 0, count: tensor.shape.reduce(1, *))
      // The state is one-hot for the token that was read, the logits for the one that follows.
      for index in 0..<count {
        if position == 0 { values[index * count + index] = 8 }
        if position == 4 { values[(index + 1) % count * count + index] = 8 }
      }
      return NamedTensor(name: tensor.name, shape: tensor.shape, values: values)
    }
    return Model(
      Model.Metadata(architecture: architecture, tokenizer: tokenizer, vocabulary: vocabulary),
      parameters: network.parameters(from: tensors))
  }

  private func generator(
    _ text: String, unit: TokenUnit, normalization: NormalForm
  ) throws -> Generator {
    Generator(
      try model(text, unit: unit, normalization: normalization),
      context: ComputeContext(Kernels(.portable)))
  }

  /// Compares bytes: `==` of strings compares canonical equivalence.
  private func expect(
    _ result: (text: String, ending: Generator.Ending), _ text: String,
    _ ending: Generator.Ending = .stop, at location: SourceLocation = #_sourceLocation
  ) {
    #expect(Array(result.text.utf8) == Array(text.utf8), sourceLocation: location)
    #expect(result.ending == ending, sourceLocation: location)
  }

  private static let nfc = "\u{D55C}\u{AE00}"  // 한글
  private static let nfd = "\u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF}"

  @Test func `the models of these tests repeat their text`() throws {
    expect(try generated("abcde", length: 7, stops: []), "abcdeab", .length)
  }

  @Test(arguments: [nfc, nfd])
  func `a stop string in NFC or NFD ends the text of models in either form`(stop: String) throws {
    for unit in [TokenUnit.grapheme, .codepoint, .jamo] {
      for form in [NormalForm.nfc, .nfkc, .nfd] {
        expect(
          try generated("ab" + Self.nfc + "c", unit: unit, normalization: form, stops: [stop]), "ab"
        )
      }
    }
    for text in [Self.nfc, Self.nfd] {
      expect(try generated("ab" + text + "c", normalization: .none, stops: [stop]), "ab")
    }
  }

  @Test func `a stop string in another form ends the text of a model of bytes`() throws {
    expect(try generated("ab\u{E9}c", unit: .byte, stops: ["e\u{301}"]), "ab")
    expect(try generated("abe\u{301}c", unit: .byte, stops: ["\u{E9}"]), "ab")
  }

  @Test func `compatibility characters are mapped for a model in NFKC only`() throws {
    expect(try generated("abKc", normalization: .nfkc, stops: ["Ｋ"]), "ab")
    expect(try generated("abKc", normalization: .nfc, stops: ["Ｋ"]), "abKc", .length)
  }

  @Test func `a stop string ends where a character ends`() throws {
    // ᄒ ᅡ begins 한, which is another syllable.
    for form in [NormalForm.nfc, .nfd] {
      let text = "ab" + Self.nfc + "c"
      let tokenizer = Tokenizer(unit: .jamo, normalization: form)
      expect(
        try generated(text, unit: .jamo, normalization: form, stops: ["\u{D558}"]),
        Tokenizer(unit: .codepoint, normalization: tokenizer.normalization).normalized(text),
        .length)
      // Here the syllable is complete: before a consonant that begins the next one, and at the end.
      expect(
        try generated("ab\u{D558}\u{AE00}", unit: .jamo, normalization: form, stops: ["\u{D558}"]),
        "ab")
      expect(
        try generated("ab\u{D558}", unit: .jamo, normalization: form, stops: ["\u{D558}"]), "ab")
    }
    expect(
      try generated("abe\u{301}c", normalization: .nfd, stops: ["e"]), "abe\u{301}c", .length)
  }

  @Test(arguments: [TokenUnit.grapheme, .codepoint, .jamo, .byte])
  func `a line feed ends the line of a model with CRLF before the carriage return`(unit: TokenUnit)
    throws
  {
    for stop in ["\n", "\r\n"] {
      expect(try generated("ab\r\nc", unit: unit, stops: [stop]), "ab")
    }
    expect(try generated("ab\nc", unit: unit, stops: ["\r\n"]), "ab")
    expect(try generated("ab\rc", unit: unit, stops: ["\n"]), "ab")
    expect(try generated("ab\r\nc", unit: unit, stops: ["b\nc"]), "a")
    // A carriage return that is held back is part of the text.
    expect(try generated("ab\rc\n", unit: unit, stops: ["\n"]), "ab\rc")
  }

  @Test func `a stop string that cannot occur is known`() throws {
    let metadata = try model("ab\r\n" + Self.nfc, unit: .jamo, normalization: .nfc).metadata
    for stop in ["a", "b\n", Self.nfd, "\u{D558}"] {
      #expect(metadata.unknownToken(ofStop: stop) == nil, "\(stop)")
    }
    let token = try #require(metadata.unknownToken(ofStop: "ab§"))
    #expect(token.position == 2 && token.name.contains("U+00A7"))
    let bytes = try model("ab\u{E9}", unit: .byte, normalization: .none).metadata
    #expect(bytes.unknownToken(ofStop: "\u{E9}") == nil)
    #expect(bytes.unknownToken(ofStop: "e\u{301}") == nil)
    #expect(bytes.unknownToken(ofStop: "x")?.name == "byte 78")
  }

  @Test func `an interrupted text is complete up to the interrupt`() throws {
    let generator = try generator("abcde", unit: .grapheme, normalization: .nfc)
    for samples in [1, 3, 40] {
      let request = Generator.Request(
        prompt: [4], length: 100, sampling: SamplingOptions(temperature: 0), samples: samples,
        stops: ["dx"])
      var steps = 0
      let results = try generator.texts(request) {
        steps += 1
        return steps > 4
      }
      // "d" was held back, because it may begin the stop string.
      #expect(results.count == samples)
      for result in results { expect(result, "abcd", .interrupted) }
    }
  }
}

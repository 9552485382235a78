import GeulCompute
import GeulGeneration
import GeulModel
import GeulText
import TestSupport

/// Models with random parameters of a small Korean and English text, one for each unit and normal form.
struct ControlFixture {
  let model: Model
  let generator: Generator

  /// Tokenizers whose tokens are characters, jamo, bytes, or characters of decomposed text.
  static let tokenizers: [Tokenizer] =
    TokenUnit.allCases.map { Tokenizer(unit: $0) } + [
      Tokenizer(unit: .grapheme, normalization: .nfd), Tokenizer(unit: .jamo, normalization: .nfd),
    ]

  static let text = "가나 각난 ab 간낙 ba\né 2026. 다.\n"

  /// A text in which each character is one code point also when it is decomposed, except for Hangul.
  static let plainText = text.filter { $0 != "é" }

  init(_ tokenizer: Tokenizer, text: String = Self.text, bound: Float = 1.5) throws {
    let corpus = try Corpus.read([.text(text)], options: CorpusOptions(tokenizer: tokenizer))
    model = randomModel(
      Architecture(cell: .gru, layers: 1, hidden: 12), of: corpus, seed: 7
    ) { _, _ in bound }
    generator = Generator(
      model,
      context: ComputeContext(Kernels(InstructionSet.available.last ?? .portable), threads: 1))
  }

  func constraint(
    sampling: SamplingOptions = SamplingOptions(), _ change: (inout TextControl) throws -> Void
  ) throws -> SequenceConstraint {
    var control = TextControl()
    try change(&control)
    return try SequenceConstraint(control, of: model.metadata, sampling: sampling)
  }

  func constraint(pattern: String) throws -> SequenceConstraint {
    try constraint { $0.pattern = try TextPattern(pattern) }
  }

  /// Returns the ids of a text; nil if a token is not in the vocabulary.
  func ids(_ text: String) -> [Int]? {
    let ids = model.metadata.tokenizer.tokens(of: text).map { model.metadata.vocabulary.id(of: $0) }
    return ids.contains(nil) ? nil : ids.compactMap(\.self)
  }

  /// Generates texts, which are composed (NFC).
  func texts(
    _ constraint: SequenceConstraint, length: Int = 60, count: Int = 8, prompt: String = "",
    sampling: SamplingOptions = SamplingOptions(temperature: 1)
  ) throws -> [(text: String, ending: Generator.Ending)] {
    var request = Generator.Request(
      prompt: ids(prompt) ?? [], length: length, sampling: sampling, seed: 3, samples: count)
    request.constraint = constraint
    let composer = Tokenizer(unit: .codepoint, normalization: .nfc)
    return try generator.texts(request).map { (composer.normalized($0.text), $0.ending) }
  }
}

/// A random regular expression of a small grammar, which Swift's `Regex` understands in the same way.
func randomPattern(_ random: inout SeededGenerator, depth: Int = 3) -> String {
  let atoms = ["가", "각", "나", "a", "b", ".", "[가-나]", "[^a]", "[ab가]", "[각난]"]
  func next() -> String { randomPattern(&random, depth: depth - 1) }
  guard depth > 0 else { return atoms.randomElement(using: &random) ?? "a" }
  switch Int.random(in: 0..<8, using: &random) {
  case 0, 1: return next() + next()
  case 2: return "(\(next())|\(next()))"
  case 3: return "(?:\(next()))*"
  case 4: return "(\(next()))?"
  case 5: return "(\(next()))+"
  case 6: return "(\(next())){\(Int.random(in: 0...1, using: &random)),2}"
  default: return atoms.randomElement(using: &random) ?? "a"
  }
}

import Foundation
import GeulCompute
import GeulGeneration
import GeulModel
import GeulText
import GeulWriting
import TestSupport
import Testing

/// The model of a writing session: scores and continuations do not depend on how the text was typed.
struct WritingEngineTests {
  static let units = TokenUnit.allCases
  private static let text = "가나 다람쥐 하 한글 abc e\u{301}\n글쓰기"

  private func model(_ unit: TokenUnit) throws -> Model {
    try randomModel(
      .lstm,
      of: Corpus.read([.text(Self.text)], options: CorpusOptions(tokenizer: Tokenizer(unit: unit))))
  }

  private let context = ComputeContext(Kernels(InstructionSet.available.last ?? .portable))
  private let settings = WritingSettings(
    sampling: SamplingOptions(temperature: 1), length: 30, seed: 5)

  private func read(_ engine: inout WritingEngine) throws {
    while !engine.isIdle { _ = try engine.step(settings) }
  }

  private func continuation(_ engine: inout WritingEngine, _ sampleIndex: Int) throws -> String {
    try engine.generate(settings, sampleIndex: sampleIndex)
    var text = ""
    while true {
      guard case .generated(let piece, let isComplete) = try engine.step(settings) else { continue }
      text += piece
      if isComplete { return text }
    }
  }

  private func scores(_ engine: borrowing WritingEngine) -> [CharacterScores.Score?] {
    (0..<engine.scores.count).map { engine.scores[$0] }
  }

  @Test(arguments: units)
  func `continuations are those of generate with the same prompt, seed and sample`(unit: TokenUnit)
    throws
  {
    let model = try model(unit)
    let generator = Generator(model, context: context)
    for text in ["", "가", "하", "한글 하", "글쓰기", "abc ", "다람쥐\n", "하QX"] {
      var engine = WritingEngine(model, precision: .float32, context: context)
      engine.setText(Array(text), unchangedCount: 0)
      try read(&engine)
      let ids = model.metadata.tokenizer.encodePrompt(text, vocabulary: model.metadata.vocabulary)
        .ids
      let texts = try generator.texts(
        .init(prompt: ids, length: 30, sampling: settings.sampling, seed: 5, samples: 3))
      for (sample, expected) in texts.enumerated() {
        var session = WritingSession(text, settings: settings)
        session.insert(try continuation(&engine, sample))
        let whole = model.metadata.text(ofPrompt: ids) + expected.text
        // Q and X are not in the vocabulary.
        #expect(
          session.text.string.filter { !"QX".contains($0) } == whole, "\(text), sample \(sample)")
      }
    }
  }

  @Test(arguments: units)
  func `after any typing and deleting, scores and continuations are those of the text`(
    unit: TokenUnit
  ) throws {
    let model = try model(unit)
    var random = SeededGenerator(seed: 9)
    var text = WrittenText()
    var typed = WritingEngine(model, precision: .float32, context: context)
    for _ in 0..<60 {
      switch Int.random(in: 0..<4, using: &random) {
      case 0: text.removeLast(Int.random(in: 0...5, using: &random))
      case 1: text.append(String(Self.text.shuffled(using: &random)), .insertion)
      case 2: _ = text.undo()
      default:
        text.append(
          ["가", "\u{11AB}", "x", "e", "\u{301}", "\n"].randomElement(using: &random) ?? "", .typing)
      }
      typed.setText(text.characters, unchangedCount: text.takeUnchangedCount())
      // Keys arrive while the model reads.
      guard Bool.random(using: &random) else {
        _ = try typed.step(settings)
        continue
      }
      try read(&typed)
      var fresh = WritingEngine(model, precision: .float32, context: context)
      fresh.setText(text.characters, unchangedCount: 0)
      try read(&fresh)
      #expect(scores(typed) == scores(fresh))
      #expect(typed.scores.mean == fresh.scores.mean)
      #expect(try continuation(&typed, 1) == continuation(&fresh, 1))
    }
  }

  @Test func `the score of a character is the sum over its tokens`() throws {
    let model = try model(.jamo)
    var engine = WritingEngine(model, precision: .float32, context: context)
    engine.setText(Array("한글Q가"), unchangedCount: 0)
    try read(&engine)
    var request = SequenceRequest(
      prompt: model.metadata.tokenizer.encodePrompt("한글가", vocabulary: model.metadata.vocabulary)
        .ids,
      length: 0)
    request.scoresPrompt = true
    var whole = GenerationEngine(model, capacity: 1, context: context)
    _ = try whole.admit(request)
    let events = whole.step()
    let tokens = try #require(events.first?.promptScores)
    #expect(tokens.count == 8)
    func bits(_ range: Range<Int>) -> Double {
      tokens[range].reduce(0) { $0 - ($1.logProbability ?? 0) } / 0.6931471805599453
    }
    #expect(engine.scores[0] == .unpredicted && engine.scores[2] == .skipped)
    for (index, range) in [(1, 3..<6), (3, 6..<8)] {
      guard case .bits(let value) = engine.scores[index] else {
        Issue.record("no score at \(index)")
        continue
      }
      #expect(abs(value - bits(range)) < 1e-12)
    }
    let mean = try #require(engine.scores.mean)
    #expect(abs(mean - (bits(3..<6) + bits(6..<8)) / 2) < 1e-12)
    #expect(engine.scores[4] == nil)
    #expect(engine.takeSubstitutions().map { $0.substitutions.map(\.token) } == [["Q"]])
    #expect(engine.takeSubstitutions().isEmpty)
  }

  @Test func `a typed or deleted character takes constant time`() throws {
    let model = try model(.grapheme)
    var engine = WritingEngine(model, precision: .float32, context: context)
    var text = WrittenText(String(repeating: "가나 ", count: 1000))
    engine.setText(text.characters, unchangedCount: text.takeUnchangedCount())
    try read(&engine)
    #expect(engine.scores.count == 3000 && engine.readTokenCount <= 3000)
    let before = engine.readTokenCount
    for index in 0..<1000 {
      index % 10 == 9 ? text.removeLast(1) : text.append("다", .typing)
      engine.setText(text.characters, unchangedCount: text.takeUnchangedCount())
      try read(&engine)
    }
    #expect(engine.readTokenCount - before <= 1200)
    // States are thinned out, but any number of characters can be deleted.
    text.removeLast(2000)
    engine.setText(text.characters, unchangedCount: text.takeUnchangedCount())
    try read(&engine)
    #expect(engine.scores.count == 1800 && engine.isRead)
  }

  @Test func `a text without tokens is read, and continued like an empty one`() throws {
    let model = try model(.grapheme)
    var engine = WritingEngine(model, precision: .float32, context: context)
    var texts: [String] = []
    for text in ["", "QXZ"] {
      engine.setText(Array(text), unchangedCount: 0)
      try read(&engine)
      #expect(engine.isRead && engine.scores.mean == nil)
      texts.append(try continuation(&engine, 0))
    }
    #expect(texts[0] == texts[1] && !texts[0].isEmpty)
  }

  @Test func `with a label, scores and continuations are those of a text with that label`() throws {
    var options = CorpusOptions()
    options.labels = LabelRule(.line)
    // Large parameters, so that the text before has an influence.
    let model = randomModel(
      Architecture(cell: .lstm, layers: 1, hidden: 16),
      of: try Corpus.read([.text("강\tabc글\n산\tdef쓰\n")], options: options), seed: 4
    ) { _, _ in 4 }
    let labels = try #require(model.metadata.vocabulary.labels)
    let generator = Generator(model, context: context)
    var all: Set<String> = []
    for label in labels.ids {
      for text in ["", "ab\ncd", "\nabc\n"] {
        var engine = WritingEngine(model, label: label, precision: .float32, context: context)
        engine.setText(Array(text), unchangedCount: 0)
        try read(&engine)
        let ids = text.unicodeScalars.map { model.metadata.vocabulary.id(of: String($0)) ?? 0 }
        var request = Generator.Request(
          prompt: ids, length: 30, sampling: settings.sampling, seed: 5, samples: 2)
        request.label = label
        let texts = try generator.texts(request).map(\.text)
        #expect(try continuation(&engine, 0) == texts[0])
        #expect(try continuation(&engine, 1) == texts[1])
        all.insert(texts[0])

        // The network reads the label's token for each line feed, and before the text.
        let start = text.hasPrefix("\n") ? [] : [label]
        let read = start + ids.map { $0 == labels.lineFeedID ? label : $0 }
        let expected = try bits(read, model)
        for (index, id) in ids.enumerated() {
          guard case .bits(let value) = engine.scores[index] else {
            #expect(index == 0 && start.isEmpty && engine.scores[0] == .unpredicted)
            continue
          }
          #expect(abs(value - expected[index + start.count - 1][id]) < 1e-9, "\(text) \(index)")
        }
      }
    }
    #expect(all.count == 6, "each label, and each text, has another continuation: \(all)")
  }

  /// The surprisal in bits of each token after each token of a text.
  private func bits(_ tokens: [Int], _ model: Model) throws -> [[Double]] {
    var reader = NetworkReader(model, context: context)
    return tokens.map { token in
      let values = reader.read(token).map(Double.init)
      let sum = log(values.reduce(0) { $0 + exp($1) })
      return values.map { (sum - $0) / log(2) }
    }
  }
}

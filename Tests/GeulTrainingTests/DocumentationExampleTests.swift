import Foundation
import Geul
import Testing
import TestSupport

/// The examples of the documentation.
///
/// The compiler checks that they are valid; the test below checks that none is missing here.
private enum Examples {
  // Sources/GeulStorage

  static func fileDescriptor() throws {
    let file = try FileDescriptor(reading: "corpus.txt")
    var bytes: [UInt8] = []
    while try file.read(upTo: 65_536, appendingTo: &bytes) > 0 {}
  }

  static func jsonLinesFile(_ metrics: Metrics) throws {
    let log = JSONLinesFile("run/metrics.jsonl", usesSnakeCase: true)
    try log.append(metrics)
    let all = log.values(Metrics.self)
    print(all.count)
  }

  struct Metrics: Codable {}

  static func safetensors(_ about: String, _ v: Int, _ biases: [Float]) throws {
    let file = SafetensorsFile(
      metadata: ["geul": about],
      tensors: [.init("decoder.bias", shape: [v], floats: biases)])
    try file.write(to: AtomicFile("model.safetensors"))
    let read = try SafetensorsFile(contentsOf: "model.safetensors")
    let copy = try read.floats("decoder.bias", shape: [v])
    print(copy.count)
  }

  static func atomicFile(_ bytes: [UInt8]) throws {
    try AtomicFile("run/latest.safetensors").replace { (out) throws(FileError) in
      try out.write(bytes.span)
    }
  }

  // Sources/GeulText

  static func tokenizer() {
    let tokenizer = Tokenizer(unit: .jamo)
    _ = tokenizer.tokens(of: "한글!")
  }

  static func list() throws {
    var options = CorpusOptions()
    options.listSeed = 1
    let corpus = try Corpus.read([.path("names.txt")], options: options)
    let model = try Model.train(on: corpus, for: .seconds(10))
    var request = Generator.LineRequest(count: 20, seed: 1)
    request.isNewOnly = true
    for name in try Generator(model).lines(request) { print(name) }
  }

  static func vocabulary() throws {
    let vocabulary = try Vocabulary(tokens: ["e", "t", "a"], unknownID: nil)
    _ = vocabulary.id(of: "t")
    _ = vocabulary.tokens[1]
  }

  static func corpus() throws {
    let corpus = try Corpus.read([.path("corpora/korean.txt")])
    _ = corpus.count
    _ = corpus.vocabulary.count
    _ = corpus.ids(0..<5).map { corpus.vocabulary.tokens[Int($0)] }
  }

  static func characterClass() throws {
    let hangul = try CharacterClass(#"\p{Hangul}"#)
    _ = hangul.contains("한")
  }

  static func novelty() throws {
    let corpus = try Corpus.read([.path("corpora/korean.txt")], options: Novelty.corpusOptions())
    let text = try Corpus.read([.path("text.txt")], options: Novelty.corpusOptions())
    _ = try Novelty(of: text, in: corpus).longestRun?.length
  }

  static func textMeasures(_ texts: [String]) throws {
    let training = try String(contentsOfFile: "corpora/english.txt", encoding: .utf8)
    let reference = TextMeasures.Reference(training)
    let measures = TextMeasures(pooling: try TextMeasures.each(of: texts, reference: reference))
    print(measures.newWords?.value ?? 0, measures.repeatedSequences.value ?? 0)
  }

  static func textReport() throws {
    let report = try TextReport.read([.path("corpora/korean.txt")])
    for tokens in report.tokenStatistics {
      print(tokens.unit, tokens.count, tokens.vocabularySize)
    }
  }

  static func streamDecoder(_ tokenizer: Tokenizer, _ vocabulary: Vocabulary, _ ids: [Int]) {
    var decoder = StreamDecoder(tokenizer: tokenizer, vocabulary: vocabulary)
    for id in ids { print(decoder.append(id), terminator: "") }
    print(decoder.finish())
  }

  // Sources/GeulCompute and Sources/GeulModel

  static func computeContext() throws {
    let context = try ComputeContext()
    let small = ComputeContext(Kernels(.avx2), threads: 1)
    print(context.instructionSet, small.instructionSet)
  }

  static func network() {
    let network = Network(Architecture(cell: .lstm, layers: 2, hidden: 128), vocabulary: 65)
    var random = SplitMix64(seed: 1)
    let parameters = network.initialParameters(&random)
    print(parameters.layout.parameterCount)
  }

  static func model() throws {
    let model = try Model(contentsOf: "checkpoints/english.safetensors")
    print(model.metadata.vocabulary.count, model.network.layout.parameterCount)
    try model.save(to: "copy.safetensors")
  }

  // Sources/GeulPage

  static func modelPage(_ model: Model) throws {
    var page = ModelPage()
    page.add(model, name: "english")
    try page.html.write(toFile: "english.html", atomically: true, encoding: .utf8)
  }

  // Sources/GeulTraining

  static func trainer(
    _ configuration: TrainingConfiguration, _ v: Int, _ corpus: Corpus, _ context: ComputeContext
  ) {
    var trainer = Trainer(configuration, vocabulary: v, tokenCount: corpus.count, context: context)
    for _ in 0..<100 { print(trainer.step(corpus, of: 100).nats) }
  }

  static func trainingSession(_ corpus: Corpus, _ context: ComputeContext) throws {
    let plan = try TrainingPlan(TrainingOptions(), corpus: corpus, context: context)
    let session = try TrainingSession(plan, folder: RunFolder("checkpoints/my"))
    let result = try session.run { event in print(event) }
    print(result)
  }

  static func evaluator(_ model: Model, _ corpus: Corpus, _ context: ComputeContext) {
    let evaluator = Evaluator(model, context: context)
    let loss = evaluator.loss(corpus, 0..<corpus.count)
    print(loss.natsPerToken, loss.bitsPerToken)
  }

  // Sources/GeulNGrams

  static func ngramModel(_ ids: [Int32], prompt: [Int32], _ result: [Double]) {
    var probabilities = result
    let model = NGramModel(ids, vocabulary: 65, order: 8)
    var context = model.makeContext()
    for id in prompt { model.advance(&context, by: id) }
    model.probabilities(after: context, into: &probabilities)
  }

  static func ngramMixture(
    _ mixture: NGramMixture, prompt: [Int32], _ logits: [Float], _ context: ComputeContext
  ) {
    var predictor = mixture.makePredictor(kernels: context.kernels)
    for id in prompt { predictor.read(id) }
    let probabilities = predictor.probabilities(logits)
    print(probabilities)
  }

  static func ngramFit(
    _ model: NGramModel, _ predictions: [(Int32, [Float])], _ completeModel: NGramModel,
    _ context: ComputeContext
  ) {
    var fit = NGramMixture.Fit(model, kernels: context.kernels)
    for (id, logits) in predictions { fit.add(id, logits: logits) }
    let mixture = fit.mixture(of: completeModel)
    print(mixture)
  }

  // Sources/GeulGeneration

  static func randomDraws() {
    let draws = RandomDraws(seed: 1, sample: 0)
    let first = draws[0]
    print(first)
  }

  static func sampler(_ options: SamplingOptions, _ logits: [Float]) throws {
    var sampler = try Sampler(options, vocabularySize: 65)
    var window = PenaltyWindow(capacity: options.windowCapacity)
    let draws = RandomDraws(seed: 1, sample: 0)
    let id = sampler.sample(logits.span, after: window, uniform: draws[0])
    window.append(id)
  }

  static func textPattern() throws {
    let name = try TextPattern(#"(김|이|박)[가-힣]{1,2}"#)
    print(name)
  }

  static func sequenceConstraint(_ model: Model) throws {
    var control = TextControl()
    control.pattern = try TextPattern("[가-힣]{2,4}")
    var request = SequenceRequest(prompt: [], seed: 1)
    request.constraint = try SequenceConstraint(control, of: model.metadata)
  }

  static func generationEngine(_ model: Model, _ ids: [Int], _ context: ComputeContext) throws {
    var engine = GenerationEngine(model, capacity: 8, context: context)
    let id = try engine.admit(SequenceRequest(prompt: ids, length: 200, seed: 1))
    while !engine.isIdle {
      for event in engine.step() where event.id == id { print(event.text, terminator: "") }
    }
  }

  static func batch(_ generator: Generator, _ prompts: [[Int]]) throws {
    let requests = prompts.map { SequenceRequest(prompt: $0, length: 100, seed: 1) }
    try generator.generate(requests) { index, text in
      print(index, text.text)
      return true
    }
  }

  static func generationService(_ model: Model, _ ids: [Int], _ context: ComputeContext)
    async throws
  {
    let service = try GenerationService(model, capacity: 64, queueLimit: 256, context: context)
    let stream = try service.start([SequenceRequest(prompt: ids, length: 200, seed: 1)])
    print(await stream.collect()?[0].text ?? "")
  }

  static func sequenceStream(_ service: GenerationService, _ request: SequenceRequest) async throws
  {
    let stream = try service.start([request])
    while let outputs = await stream.next() { print(outputs[0].text, terminator: "") }
  }

  static func generator(_ model: Model) throws {
    let generator = try Generator(model)
    print(try generator.text(after: "Anna", length: 200, temperature: 0.7, seed: 1))
  }

  // Sources/GeulInsight and Sources/GeulCompression

  static func instrumentedNetwork(_ model: Model, _ tokens: [Int]) {
    let network = InstrumentedNetwork(model)
    var state = network.initialState
    for token in tokens { state = network.step(token, from: state) }
    let probabilities = network.probabilities(after: state)
    print(probabilities.count)
  }

  static func compressor(_ model: Model, _ file: [UInt8], _ context: ComputeContext) throws {
    let compressor = Compressor(model, context: context)
    let archive = compressor.compress(file)
    let copy = try compressor.decompress(archive)
    print(copy == file)
  }

  // README.md and Sources/Geul/Geul.docc

  static func readme() async throws {
    let corpus = try Corpus(contentsOf: "my.txt")
    let model = try Model.train(on: corpus, for: .seconds(10)) { print($0) }
    try model.save(to: "my.safetensors")
    let generator = try Generator(model)
    print(try generator.text(after: "Anna", length: 200, temperature: 0.7, seed: 1))
    for try await piece in generator.stream(after: "Anna") { print(piece, terminator: "") }
  }

  static func trainingModels() throws {
    let corpus = try Corpus(contentsOf: "my.txt")
    let context = try ComputeContext()

    var options = TrainingOptions()
    options.hidden = 256
    options.budget = .epochs(5)
    let plan = try TrainingPlan(options, corpus: corpus, context: context)
    print(plan.memory.total, "bytes")

    let session = try TrainingSession(
      plan, text: RunState.TextSelection(sources: ["my.txt"]), folder: RunFolder("runs/my"))
    let result = try session.run { event in
      switch event {
      case .progress(let progress), .validated(let progress, _, _): print(progress)
      default: break
      }
    }
    if case .finished(let summary) = result, let loss = summary.loss {
      print(loss.loss.natsPerToken, "nats/token")
    }

    var trainer = Trainer(
      plan.configuration, vocabulary: corpus.vocabulary.count, tokenCount: plan.trainingTokenCount,
      context: context)
    for _ in 0..<100 { print(trainer.step(corpus, of: 100).nats) }
  }

  static func resuming(_ corpus: Corpus, _ context: ComputeContext) throws {
    let folder = RunFolder("runs/my")
    let session = try TrainingSession(
      resuming: folder.loadLatest(), in: folder, corpus: corpus, sources: ["my.txt"],
      validation: nil, budget: .epochs(10), context: context)
    print(session.plan.notes)
  }

  static func evaluating(_ context: ComputeContext) throws {
    let model = try Model(contentsOf: "runs/my/best.safetensors")
    let evaluator = Evaluator(model.network, parameters: model.parameters, context: context)
    let text = try Corpus(
      contentsOf: "other.txt",
      options: CorpusOptions(
        tokenizer: model.metadata.tokenizer, vocabulary: model.metadata.vocabulary))
    print(evaluator.loss(text, 0..<text.count).bitsPerToken)
  }

  static func generatingText() async throws {
    let model = try Model(contentsOf: "checkpoints/english.safetensors")
    let generator = try Generator(model)
    let text = try generator.text(after: "Dear Nell,", length: 200, temperature: 0.6, seed: 1)
    print(text)

    for try await piece in generator.stream(after: "Dear Nell,") { print(piece, terminator: "") }

    let prompt = model.metadata.tokenizer.encodePrompt(
      "Dear Nell,", vocabulary: model.metadata.vocabulary)
    let request = Generator.Request(
      prompt: prompt.ids, length: 300, sampling: SamplingOptions(temperature: 0.9, topP: 0.95),
      seed: 1, samples: 4, stops: ["\n\n"])
    for (text, ending) in try generator.texts(request) { print(ending, text) }

    var control = TextControl()
    control.lines = LineForm(acrostic: "SEA", length: 40)
    var acrostic = Generator.Request(prompt: [], seed: 1)
    acrostic.constraint = try SequenceConstraint(control, of: model.metadata)
    print(try generator.texts(acrostic)[0].text)

    var engine = GenerationEngine(model, capacity: 8, context: try ComputeContext())
    let id = try engine.admit(SequenceRequest(prompt: prompt.ids, length: 200, seed: 1))
    while !engine.isIdle {
      for event in engine.step() where event.id == id { print(event.text, terminator: "") }
    }
  }

  static func analyzingModels() throws {
    let model = try Model(contentsOf: "checkpoints/english.safetensors")
    let tokens = model.metadata.tokenizer.encodePrompt(
      "Dear Nell,", vocabulary: model.metadata.vocabulary)
    let explanation = Explanation(tokens.ids, by: model)
    for position in explanation.positions {
      print(position.token, position.surprisal ?? 0, position.predictions.first?.token ?? "")
    }

    let context = try ComputeContext()
    let text = try Corpus(
      contentsOf: "other.txt",
      options: CorpusOptions(
        tokenizer: model.metadata.tokenizer, vocabulary: model.metadata.vocabulary))
    let sensitivity = ContextSensitivity(model, text.ids(0..<text.count), context: context)
    for loss in sensitivity.losses { print(loss.contextLength, loss.nats, loss.standardError) }

    let probe = NeuronProbe(model, text, maximumTokenCount: 100_000, context: context)
    for finding in probe.findings {
      print(finding.feature, finding.layer, finding.neuron, finding.correlation)
    }

    let compressor = Compressor(model, context: context)
    let archive = compressor.compress(Array("Dear Nell, the light is lit.".utf8))
    let file = try compressor.decompress(archive)
    print(file.count)
  }
}

struct DocumentationExampleTests {
  private static let project = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The files whose examples are compiled: all sources, the DocC catalog and README.md.
  private static let files: [String] = {
    let sources = FileManager.default.enumerator(
      at: project.appending(path: "Sources"), includingPropertiesForKeys: nil)
    let all = (sources?.allObjects ?? []).compactMap { ($0 as? URL)?.path }
    return all.filter { $0.hasSuffix(".swift") || $0.hasSuffix(".md") }
      + [project.appending(path: "README.md").path]
  }()

  /// Returns the Swift examples of a Markdown file or of documentation comments.
  private func examples(in text: String) -> [String] {
    var examples: [String] = []
    var current: String?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let content = line.trimming { $0 == " " }.trimmingPrefix("///").trimming { $0 == " " }
      if content == "```swift" {
        current = ""
      } else if content.hasPrefix("```") {
        if let current { examples.append(current) }
        current = nil
      } else if current != nil, content != "import Geul" {
        current?.append(content + "\n")
      }
    }
    return examples
  }

  /// Returns code without comments, white space and `_ =`.
  private func normalized(_ code: String) -> String {
    code.split(separator: "\n").map { line in
      line.split(separator: " // ", maxSplits: 1, omittingEmptySubsequences: false)[0]
        .filter { !$0.isWhitespace }.replacing("_=", with: "")
    }.joined()
  }

  @Test func `the examples of the documentation are compiled`() throws {
    let compiled = normalized(try String(contentsOfFile: #filePath, encoding: .utf8))
    var count = 0
    for path in Self.files {
      for example in examples(in: try String(contentsOfFile: path, encoding: .utf8)) {
        count += 1
        let isCompiled = compiled.contains(normalized(example))
        #expect(isCompiled, "\(path): add this example above:\n\(example)")
      }
    }
    #expect(count > 25, "\(count) examples were found")
  }
}

extension StringProtocol {
  fileprivate func trimming(_ isTrimmed: (Character) -> Bool) -> SubSequence {
    let start = self[...].drop(while: isTrimmed)
    let end = start.lastIndex { !isTrimmed($0) }.map { start.index(after: $0) } ?? start.startIndex
    return start[..<end]
  }
}

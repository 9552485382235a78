import Foundation
import GeulCompute
import GeulModel
import GeulNGrams
import GeulStorage
import GeulText
import GeulTraining
import TestSupport
import Testing

/// Training of a model that mixes its network with n-grams of the text.
struct NGramTrainingTests {
  static let context = ComputeContext(Kernels(.best))

  /// Words of a large lexicon, which a small network does not learn in a few steps, but n-grams know.
  static let text: String = {
    var random = SeededGenerator(seed: 21)
    let words = (0..<300).map { _ in
      String(
        (0..<Int.random(in: 3...7, using: &random)).map { _ in
          "abcdefghijklmn글쓰기".randomElement(using: &random) ?? "a"
        })
    }
    return (0..<5000).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " ")
  }()

  static func plan(
    _ choice: TrainingConfiguration.NGramChoice, text: String = text, steps: Int = 40,
    bytes: Int = 16 << 20, validation: Double = 0.1
  ) throws -> TrainingPlan {
    var options = TrainingOptions()
    (options.hidden, options.batch, options.length) = (16, 8, 16)
    (options.dropout, options.precision) = (0, .float32)
    options.configuration.architecture.layers = 1
    options.configuration.evaluationCount = 3
    options.configuration.ngramBytes = bytes
    options.configuration.validationFraction = validation
    options.ngrams = choice
    options.budget = .steps(steps)
    return try TrainingPlan(options, corpus: Corpus.read([.text(text)]), context: context)
  }

  static func train(
    _ plan: TrainingPlan, in folder: RunFolder, stopAfter: Int = .max
  ) throws -> TrainingSession.Summary? {
    var calls = 0
    let result = try TrainingSession(
      plan, text: RunState.TextSelection(sources: ["my.txt"]), folder: folder
    ).run(
      sampleEvery: 0, baselines: false,
      shouldStop: {
        calls += 1
        return calls > stopAfter
      }, report: { _ in })
    guard case .finished(let summary) = result else { return nil }
    return summary
  }

  @Test func `n-grams lower the loss, and evaluation reports that of the mixture`() throws {
    let folder = try Folder()
    let run = RunFolder("\(folder.path)/run")
    let plan = try Self.plan(.auto)
    let summary = try #require(try Self.train(plan, in: run))
    let final = try #require(summary.loss)
    #expect(final.loss.natsPerToken < (final.networkNats ?? 0) - 0.3)
    let model = try Model(contentsOf: run.best.path)
    #expect(model.ngrams?.model.order == 8)
    #expect(model.metadata.training?.validationNats == final.loss.natsPerToken)
    let heldOut = plan.corpus.split(withoutLast: 0.1).heldOut
    #expect(Evaluator(model, context: Self.context).loss(plan.corpus, heldOut) == final.loss)
    let network = Evaluator(
      model.network, parameters: model.parameters, context: Self.context
    ).loss(plan.corpus, heldOut)
    // The sum of the exponentials is in double precision there, in float32 here.
    #expect(abs(network.natsPerToken - (final.networkNats ?? 0)) < 1e-6)
    // Token by token, as compression reads it.
    let evaluator = DynamicEvaluator(
      model.network, parameters: model.parameters, ngrams: model.ngrams, adaptation: nil,
      context: Self.context)
    let single = Evaluator.loss(plan.corpus, heldOut, with: evaluator)
    #expect(single.tokens == final.loss.tokens)
    #expect(abs(single.nats - final.loss.nats) < 1e-5 * final.loss.nats)
  }

  @Test func `the network is not trained on the slices that the weights are fitted to`() throws {
    let folder = try Folder()
    // The second run differs from the first only within one slice: the middle of the third of eight parts, 20,000 / 50 / 4 tokens.
    let characters = Array(Self.text)
    let middle = characters.count * 9 / 10 * 3 / 8
    var other = characters
    for index in middle - 100..<middle + 100 { other.swapAt(index, middle) }
    let parameters = try [characters, other].enumerated().map { number, text in
      let run = RunFolder("\(folder.path)/run\(number)")
      _ = try Self.train(Self.plan(.on, text: String(text)), in: run)
      return try Model(contentsOf: run.best.path).parameters
    }
    #expect(parameters[0].values.array == parameters[1].values.array)
  }

  @Test func `a resumed run has the bytes of an uninterrupted one`() throws {
    let folder = try Folder()
    let runs = ["whole", "stopped"].map { RunFolder("\(folder.path)/\($0)") }
    let plan = try Self.plan(.on)
    _ = try Self.train(plan, in: runs[0])
    #expect(try Self.train(plan, in: runs[1], stopAfter: 17) == nil)
    _ = try TrainingSession(
      resuming: runs[1].loadLatest(), in: runs[1], corpus: plan.corpus, sources: ["my.txt"],
      validation: nil, budget: nil, context: Self.context
    ).run(sampleEvery: 0, baselines: false, report: { _ in })
    let bytes = try runs.map { try Data(contentsOf: URL(fileURLWithPath: $0.best.path)) }
    #expect(bytes[0] == bytes[1])
  }

  @Test func `the n-grams are bounded in bytes`() throws {
    let folder = try Folder()
    let run = RunFolder("\(folder.path)/run")
    _ = try Self.train(Self.plan(.on, bytes: 3000), in: run)
    let model = try #require(try Model(contentsOf: run.best.path).ngrams?.model)
    #expect(model.byteCount <= 3000 && model.count > 100)
  }

  @Test func `a text of noise has no n-grams by default`() throws {
    let folder = try Folder()
    let run = RunFolder("\(folder.path)/run")
    var random = SeededGenerator(seed: 1)
    let noise = String((0..<24_000).map { _ in "abcdefgh".randomElement(using: &random) ?? "a" })
    let summary = try Self.train(Self.plan(.auto, text: noise), in: run)
    #expect(summary?.loss?.networkNats == nil)
    #expect(try Model(contentsOf: run.best.path).ngrams == nil)
  }

  @Test func `small texts and lists have no n-grams`() throws {
    #expect(try Self.plan(.on).configuration.ngrams == .on)
    let small = try Self.plan(.on, text: String(Self.text.prefix(10_000)))
    #expect(small.configuration.ngrams == .off)
    #expect(small.notes.contains { $0.hasPrefix("The network is trained alone: ") })
    #expect(try Self.plan(.on, bytes: 100).configuration.ngrams == .off)
    var options = TrainingOptions()
    options.ngrams = .on
    var reading = CorpusOptions()
    reading.listSeed = 1
    let list = try Corpus.read(
      [.text(Self.text.split(separator: " ").joined(separator: "\n"))], options: reading)
    let plan = try TrainingPlan(options, corpus: list, context: Self.context)
    #expect(plan.configuration.ngrams == .off)
  }

  @Test func `without a validation text, the model has n-grams, too`() throws {
    let folder = try Folder()
    let run = RunFolder("\(folder.path)/run")
    let summary = try #require(try Self.train(Self.plan(.on, validation: 0), in: run))
    #expect(summary.loss == nil)
    #expect(try Model(contentsOf: run.best.path).ngrams != nil)
  }

  @Test func `a run that is continued after its end reports the network alone again`() throws {
    let folder = try Folder()
    let run = RunFolder("\(folder.path)/run")
    let plan = try Self.plan(.on)
    let first = try #require(try Self.train(plan, in: run)?.loss)
    let result = try TrainingSession(
      resuming: run.loadLatest(), in: run, corpus: plan.corpus, sources: ["my.txt"],
      validation: nil, budget: .steps(40), context: Self.context
    ).run(sampleEvery: 0, baselines: false, report: { _ in })
    guard case .finished(let summary) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(summary.loss == first)
  }

  @Test func `a stop while n-grams are fitted leaves the run to be evaluated`() throws {
    let folder = try Folder()
    let run = RunFolder("\(folder.path)/run")
    let plan = try Self.plan(.on)
    var calls = 0
    let result = try TrainingSession(plan, folder: run).run(
      sampleEvery: 0, baselines: false,
      // Called before each of 40 steps, and then before the slices.
      shouldStop: {
        calls += 1
        return calls > 42
      }, report: { _ in })
    guard case .notEvaluated = result else {
      Issue.record("\(result)")
      return
    }
    #expect(try Model(contentsOf: run.best.path).ngrams == nil)
  }

  @Test func `a model file with damaged n-grams is rejected with a reason`() throws {
    let folder = try Folder()
    let run = RunFolder("\(folder.path)/run")
    _ = try Self.train(Self.plan(.on), in: run)
    let file = try SafetensorsFile(contentsOf: run.best.path)
    let model = try Model(file, name: "model")
    #expect(
      model.safetensors.tensors.map(\.name).suffix(2) == [
        "ngrams.counts", "ngrams.network_weights",
      ])
    var changed = file
    changed.tensors.removeAll { $0.name == "ngrams.counts" }
    #expect(throws: FormatError.self) { try Model(changed, name: "model") }
    changed = file
    changed.metadata["geul.ngrams"] = #"{"discounts":[[0.5,1,1.5]]}"#
    let error = #expect(throws: FormatError.self) { try Model(changed, name: "model") }
    #expect(error?.description.contains("model") == true)
    changed.metadata["geul.ngrams"] = nil
    #expect(try Model(changed, name: "model").ngrams == nil)
  }
}

import GeulCompute
import GeulModel
import GeulText
import GeulTraining
import TestSupport
import Testing

/// Training that starts from a trained model.
struct FineTuningTests {
  @Test(arguments: [Optimizer.Kind.muon, .adamw], [1, 2])
  func `frozen layers keep their parameters, and the others learn`(
    optimizer: Optimizer.Kind, frozen: Int
  ) throws {
    for cell in CellKind.allCases {
      var fixture = try TrainingFixture(cell, layers: 3)
      fixture.configuration.optimizerKind = optimizer
      fixture.configuration.frozenLayers = frozen
      var trainer = fixture.trainer()
      let before = trainer.weights.parameters
      for _ in 0..<5 { #expect(trainer.step(fixture.corpus, of: 100).isFinite) }
      let after = trainer.weights.parameters
      let network = trainer.weights.network
      let old = network.tensors(of: before)
      let names = network.layers.prefix(frozen).flatMap { layer in
        [layer.recurrent.name, layer.bias.name, layer.readsTokens ? "" : layer.input.name]
          + (layer.recurrentBias.map { [$0.name] } ?? [])
      }
      for (tensor, previous) in zip(network.tensors(of: after), old)
      where !(tensor.values.allSatisfy { $0 == 0 }) {
        #expect((tensor == previous) == names.contains(tensor.name), "\(tensor.name)")
      }
    }
  }

  @Test func `frozen gradients do not count in the norm`() throws {
    var fixture = try TrainingFixture()
    var free = fixture.trainer()
    fixture.configuration.frozenLayers = 2
    var frozen = fixture.trainer()
    let norm = free.step(fixture.corpus, of: 10).gradientNorm
    #expect(frozen.step(fixture.corpus, of: 10).gradientNorm < norm)
  }

  @Test func `a configuration with more frozen layers than layers is invalid`() {
    var configuration = TrainingConfiguration()
    configuration.frozenLayers = 2
    #expect(configuration.isValid)
    for count in [-1, 3] {
      configuration.frozenLayers = count
      #expect(!configuration.isValid)
    }
  }

  @Test func `new tokens of a text are added to a given vocabulary`() throws {
    let known = try Vocabulary(tokens: ["a", "b"], unknownID: nil)
    var options = CorpusOptions(vocabulary: known)
    options.extendsVocabulary = true
    let all = try Corpus.read([.text("abdddcc")], options: options)
    #expect(all.vocabulary.tokens == ["a", "b", "d", "c"] && all.vocabulary.unknownID == nil)
    #expect(all.ids(0..<7) == [0, 1, 2, 2, 2, 3, 3])
    options.minimumCount = 3
    let some = try Corpus.read([.text("abdddcc")], options: options)
    #expect(some.vocabulary.tokens == ["a", "b", "d", ""] && some.vocabulary.unknownID == 3)
    #expect(some.unknownCount == 2)
    options.vocabulary = try Vocabulary(tokens: ["a", "", "b"], unknownID: 1)
    let third = try Corpus.read([.text("abdddcc")], options: options)
    #expect(third.vocabulary.tokens == ["a", "", "b", "d"] && third.vocabulary.unknownID == 1)
    #expect(third.ids(0..<7) == [0, 2, 3, 3, 3, 1, 1])
  }
}

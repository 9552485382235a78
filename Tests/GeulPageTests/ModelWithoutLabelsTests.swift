import GeulCompute
import GeulModel
import GeulPage
import GeulText
import TestSupport
import Testing

/// The models of pages, which know neither lists nor labels.
struct ModelWithoutLabelsTests {
  @Test func `a page has the model without its list and the tokens of its labels`() throws {
    let tokens = ["\n", "a", "\0one", "\0two", "b"]
    let vocabulary = try Vocabulary(tokens: tokens, unknownID: nil)
    let architecture = Architecture(cell: .lstm, layers: 2, hidden: 20)
    let network = Network(architecture, vocabulary: tokens.count)
    var random = SplitMix64(seed: 3)
    let model = Model(
      Model.Metadata(
        architecture: architecture, tokenizer: Tokenizer(), vocabulary: vocabulary),
      parameters: network.initialParameters(&random))
    #expect(vocabulary.labels?.names == ["one", "two"])
    let plain = model.withoutListAndLabels
    #expect(plain.metadata.vocabulary.tokens == ["\n", "a", "b"])
    #expect(plain.metadata.labels == nil && plain.metadata.list == nil)
    // The logits of the tokens that are left are the same.
    let (before, after) = (Self.logits(model, [0, 1, 4]), Self.logits(plain, [0, 1, 2]))
    for (old, new) in zip(before, after) { #expect([old[0], old[1], old[4]] == new) }

    var page = ModelPage()
    let bytes = page.add(model, name: "labels", format: .float32)
    var other = ModelPage()
    #expect(other.add(plain, name: "labels", format: .float32) == bytes)
    #expect(page.html == other.html)
  }

  private static func logits(_ model: Model, _ ids: [Int]) -> [[Double]] {
    let reference = ReferenceNetwork(
      cell: "lstm",
      tensors: model.network.tensors(of: model.parameters).map {
        ($0.name, $0.shape, $0.values.map(Double.init))
      })
    return reference.read(ids, from: reference.zeroState).map(\.logits)
  }
}

import GeulCompute
import GeulModel
import GeulText
import TestSupport
import Testing

/// Models whose vocabulary grows for fine-tuning.
struct ExtendedVocabularyTests {
  @Test(arguments: CellKind.allCases)
  func `known tokens keep their rows, and new ones get the mean`(cell: CellKind) throws {
    let known = try Vocabulary(tokens: ["a", "나", "", "c"], unknownID: 2)
    let larger = try Vocabulary(tokens: ["a", "나", "", "c", "d", "é"], unknownID: 2)
    let architecture = Architecture(cell: cell, layers: 2, hidden: 20)
    var random = SplitMix64(seed: 3)
    let network = Network(architecture, vocabulary: 4)
    let model = Model(
      Model.Metadata(architecture: architecture, tokenizer: Tokenizer(), vocabulary: known),
      parameters: network.initialParameters(&random))
    let parameters = model.parameters(extendedTo: larger)
    let extended = Network(architecture, vocabulary: 6)
    #expect(parameters.layout == extended.layout)
    let old = Dictionary(
      uniqueKeysWithValues: network.tensors(of: model.parameters).map { ($0.name, $0) })
    for tensor in extended.tensors(of: parameters) {
      let before = try #require(old[tensor.name])
      let columns = tensor.shape.count > 1 ? tensor.shape[1] : 1
      if tensor.name.hasPrefix("decoder") {
        // Rows are tokens.
        #expect(Array(tensor.values.prefix(before.values.count)) == before.values)
        for column in 0..<columns {
          let rows = [0, 1, 3].map { Double(before.values[$0 * columns + column]) }
          let mean = Float(rows.reduce(0, +) / 3)
          #expect(tensor.values[4 * columns + column] == mean)
          #expect(tensor.values[5 * columns + column] == mean)
        }
      } else if tensor.name.hasSuffix("weight_ih_l0") {
        // Columns are tokens.
        for row in 0..<tensor.shape[0] {
          let own = Array(tensor.values[row * 6..<row * 6 + 6])
          let previous = Array(before.values[row * 4..<row * 4 + 4])
          #expect(Array(own.prefix(4)) == previous)
          let mean = Float([0, 1, 3].reduce(0.0) { $0 + Double(previous[$1]) } / 3)
          #expect(own[4] == mean && own[5] == mean)
        }
      } else {
        #expect(tensor == before)
      }
    }
    #expect(parameters.isFinite)
  }

  @Test func `the same vocabulary leaves the parameters as they are`() throws {
    let vocabulary = try Vocabulary(tokens: ["a", "b", "c"], unknownID: nil)
    let architecture = Architecture(cell: .gru, layers: 1, hidden: 5)
    var random = SplitMix64(seed: 3)
    let model = Model(
      Model.Metadata(architecture: architecture, tokenizer: Tokenizer(), vocabulary: vocabulary),
      parameters: Network(architecture, vocabulary: 3).initialParameters(&random))
    #expect(model.parameters(extendedTo: vocabulary) == model.parameters)
  }
}

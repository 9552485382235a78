public import GeulCompute
public import GeulText

extension Model {
  /// Returns this model's parameters for a larger vocabulary, whose tokens begin with those of this model.
  ///
  /// The rows of known tokens in the embedding table, in the output projection and in its bias are kept. Those of new
  /// tokens are the means over the known tokens, so that a new token begins as a typical one.
  ///
  /// - Precondition: `vocabulary` begins with the tokens of this model's vocabulary.
  public func parameters(extendedTo vocabulary: Vocabulary) -> ParameterStorage {
    let known = metadata.vocabulary
    precondition(
      vocabulary.tokens.prefix(known.count).elementsEqual(known.tokens) {
        $0.utf8.elementsEqual($1.utf8)
      }, "the vocabulary does not begin with that of the model")
    let larger = Network(metadata.architecture, vocabulary: vocabulary.count)
    var extended = ParameterStorage(larger.layout)
    let ids = (0..<known.count).filter { $0 != known.unknownID }
    for (from, to) in zip(network.layout.slots, larger.layout.slots) {
      extended.copy(from, of: parameters, to: to)
      for gate in 0..<to.gates {
        switch to {
        case larger.layers[0].input:
          for unit in 0..<to.units {
            let mean = mean(ids) { parameters[from, $0, gate, unit] }
            for id in known.count..<to.depth { extended[to, id, gate, unit] = mean }
          }
        case larger.outputProjection, larger.outputBias:
          for depth in 0..<to.depth {
            let mean = mean(ids) { parameters[from, depth, gate, $0] }
            for id in known.count..<to.units { extended[to, depth, gate, id] = mean }
          }
        default: break
        }
      }
    }
    return extended
  }

  private func mean(_ ids: [Int], _ value: (Int) -> Float) -> Float {
    Float(ids.reduce(0.0) { $0 + Double(value($1)) } / Double(max(1, ids.count)))
  }
}

internal import GeulCompute
internal import GeulText

extension Model {
  /// Returns the model without its list and the tokens of its labels, for programs that do not know them.
  ///
  /// It predicts a text without labels as this model does.
  package var withoutListAndLabels: Model {
    var metadata = metadata
    (metadata.list, metadata.labels) = (nil, nil)
    guard let labels = metadata.vocabulary.labels else {
      return Model(metadata, parameters: parameters)
    }
    let kept = (0..<metadata.vocabulary.count).filter { !labels.ids.contains($0) }
    let tokens = kept.map { metadata.vocabulary.tokens[$0] }
    let unknownID = metadata.vocabulary.unknownID.flatMap { kept.firstIndex(of: $0) }
    guard let vocabulary = try? Vocabulary(tokens: tokens, unknownID: unknownID) else {
      preconditionFailure("a vocabulary without its labels must be valid")
    }
    metadata.vocabulary = vocabulary
    let smaller = Network(metadata.architecture, vocabulary: kept.count)
    var rest = ParameterStorage(smaller.layout)
    for (from, to) in zip(network.layout.slots, smaller.layout.slots) {
      let isOutput = [smaller.outputProjection, smaller.outputBias].contains(to)
      rest.copy(
        from, of: parameters, to: to, depths: to == smaller.layers[0].input ? kept : nil,
        units: isOutput ? kept : nil)
    }
    return Model(metadata, parameters: rest)
  }
}

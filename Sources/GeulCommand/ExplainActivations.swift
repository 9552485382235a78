import Geul
import GeulCharts
import GeulCommandSupport

/// The part of `geul explain` that concerns the activations of selected neurons.
extension Explain {
  /// Returns the layer and the neurons to show, counted from 0.
  func selection(_ explanation: Explanation, _ model: Model) -> (layer: Int, neurons: [Int]) {
    let layer = (layer ?? model.metadata.architecture.layers) - 1
    guard neurons.isEmpty else { return (layer, neurons) }
    let criterion = select ?? .active
    return (layer, criterion.neurons(explanation, layer: layer, count: rows ?? 12))
  }

  /// Shows the gates and states of the selected neurons.
  func showActivations(
    _ explanation: Explanation, _ model: Model, _ names: TokenNames,
    _ document: inout ReportDocument
  ) throws {
    let (layer, neurons) = selection(explanation, model)
    let language = document.language
    let architecture = model.metadata.architecture
    let unit = model.metadata.tokenizer.unit
    let noun = language.noun(unit)
    let criterion = self.neurons.isEmpty ? criterion(architecture.cell, language) : ""
    try document.heading(language("Activations of layer \(layer + 1)", "\(layer + 1)층의 활성값"))
    try document.paragraph(
      language(
        """
        \(quantity(neurons.count, "neuron")) of \(architecture.hidden)\(criterion). Rows are neurons, columns are \
        \(unit.pluralNoun); values are those after reading the \(noun).
        """,
        """
        뉴런 \(architecture.hidden)개 가운데 \(criterion)\(neurons.count)개입니다. 행은 뉴런, 열은 \(noun)이며, 값은 그 \
        \(noun)를 읽은 뒤의 값입니다.
        """))
    let text = explanation.text
    let characters = text.hasCompositeCharacters ? text.characters : []
    for map in explanation.activationMaps(layer: layer, neurons: neurons) {
      try document.figure(
        HeatMap(
          title: map.name(in: language),
          caption: map.meaning(for: architecture.cell, in: language), range: map.range,
          rows: map.displayedValues,
          rowLabels: neurons.map { language("neuron \($0)", "뉴런 \($0)") },
          columnLabels: text.tokens.map(names.label),
          groupLabels: Dictionary(
            characters.map { ($0.tokens.lowerBound, $0.text) },
            uniquingKeysWith: { first, _ in first })))
    }
  }

  /// Returns a description of the selection: in English after the number of neurons, in Korean before it.
  private func criterion(_ cell: CellKind, _ language: Language) -> String {
    switch select ?? .active {
    case .active:
      language(
        ", those with the largest variance of the state on this text", "이 글에서 상태의 분산이 가장 큰 ")
    case .persistent where cell == .gru:
      language(
        ", those with mean update gates closest to 1 on this text", "이 글에서 업데이트 게이트의 평균이 1에 가장 가까운 "
      )
    case .persistent:
      language(
        ", those with mean forget gates closest to 1 on this text", "이 글에서 망각 게이트의 평균이 1에 가장 가까운 ")
    }
  }
}

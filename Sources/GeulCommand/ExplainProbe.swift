import Geul
import GeulCharts
import GeulCommandSupport

/// The part of `geul explain` that searches for interpretable neurons.
extension Explain {
  /// Reads the start of a text for `--probe`.
  func probe(_ path: String, _ model: Model) throws -> NeuronProbe {
    let corpus = try readCorpus(
      [path], model.metadata.corpusOptions(encoding: bytes.encoding, invalid: bytes.invalid))
    let probe = NeuronProbe(
      model, corpus, maximumTokenCount: Self.probeLength, context: try machine.context)
    guard probe.tokenCount >= Self.minimumProbeLength else {
      throw CommandError(
        "\(path): only \(quantity(probe.tokenCount, model.metadata.tokenizer.unit)) in the model's vocabulary; correlations need at least"
          + " \(Self.minimumProbeLength). Use a longer text."
      )
    }
    return probe
  }

  /// Shows the neurons that follow a feature, each on an excerpt of the text.
  func showProbe(
    _ probe: NeuronProbe, of unit: TokenUnit, in path: String, _ document: inout ReportDocument
  ) throws {
    let language = document.language
    let names = TokenNames(unit: unit, language: language)
    let amount = language.amount(probe.tokenCount, of: unit)
    try document.heading(language("Interpretable neurons", "해석할 수 있는 뉴런"))
    try document.paragraph(
      language(
        """
        For each feature the neuron with the strongest correlation, over \(amount) of \(path). r is Pearson's correlation \
        coefficient.
        """,
        """
        \(path)에서 \(amount)를 읽히면서 특징마다 상관관계가 가장 강한 뉴런을 찾았습니다. r은 피어슨 상관계수입니다.
        """))
    if probe.findings.contains(where: \.feature.isApproximate) {
      try document.paragraph(
        language(
          """
          Particles and verb endings are found by spelling, without a dictionary: some are missed, and some words are \
          mistaken for them.
          """,
          """
          조사와 어미는 사전 없이 어절 끝의 글자만 보고 찾습니다. 그래서 빠뜨린 것도 있고 잘못 찾은 것도 있습니다.
          """))
    }
    let isFound = { (finding: NeuronProbe.Finding) in
      abs(finding.correlation) >= Self.minimumCorrelation
    }
    for finding in probe.findings where isFound(finding) {
      let (name, r) = (finding.feature.name(in: language), number(finding.correlation, 2))
      try document.paragraph(
        language(
          "\(name): layer \(finding.layer + 1), neuron \(finding.neuron), r = \(r)",
          "\(name): \(finding.layer + 1)층, 뉴런 \(finding.neuron), r = \(r)"))
      try document.figure(excerpt(probe.excerpt(finding), names))
    }
    let rest = probe.findings.filter { !isFound($0) }.map {
      let (name, r) = ($0.feature.name(in: language), number($0.correlation, 2))
      return language("\(name) (\(r))", "\(name)(\(r))")
    }.joined(separator: ", ")
    if !rest.isEmpty {
      try document.paragraph(
        language(
          "No neuron with |r| of at least \(Self.minimumCorrelation): \(rest).",
          "|r|이 \(Self.minimumCorrelation) 이상인 뉴런이 없는 특징: \(rest)."))
    }
  }

  /// Returns an excerpt, with each character colored by the neuron's state after its last token.
  private func excerpt(
    _ characters: [NeuronProbe.ExcerptCharacter], _ names: TokenNames
  ) -> HighlightedText {
    HighlightedText(
      characters.map { character in
        let value = Double(character.values.last ?? 0)
        return .init(
          character.text, intensity: value, digit: Int(value * 9.99),
          tooltip: zip(character.tokens, character.values).map { token, value in
            "\(names.withPosition(token)): \(number(Double(value), 2))"
          }.joined(separator: "\n"))
      },
      legend: names.language(
        "0 is the neuron's minimum in this excerpt, 1 its maximum.",
        "0은 이 발췌문에서 뉴런의 최솟값, 1은 최댓값입니다."))
  }
}

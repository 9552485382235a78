import Geul
import GeulCharts
import GeulCommandSupport

/// The part of `geul explain` that concerns a text.
extension Explain {
  /// Reads a text with the model and shows its surprisal, predictions and activations.
  func explanation(
    of text: String, _ model: Model, _ document: inout ReportDocument
  ) throws -> Explanation {
    let unit = model.metadata.tokenizer.unit
    let encoding = model.metadata.tokenizer.encodePrompt(
      text, vocabulary: model.metadata.vocabulary)
    for note in encoding.notes(on: "text", unit: unit) { Output.note(note) }
    let ids = encoding.ids.prefix(NeuronCriterion.maximumLength)
    guard !ids.isEmpty else {
      throw CommandError(
        "No \(unit.noun) of the text is in the model's vocabulary. Use another text.")
    }
    let explanation = Explanation(Array(ids), by: model)
    guard explanation.isFinite else {
      throw CommandError(
        "\(self.model.model): the relu states overflow on this text. Use a shorter text or another model."
      )
    }
    try showSurprisal(explanation, unit, &document)
    try showOmissions(encoding, unit, &document)
    let names = TokenNames(unit: unit, language: document.language)
    try document.figure(surprisal(explanation, names))
    try showPredictions(explanation, names, &document)
    try showActivations(explanation, model, names, &document)
    return explanation
  }

  private func showSurprisal(
    _ explanation: Explanation, _ unit: TokenUnit, _ document: inout ReportDocument
  ) throws {
    let language = document.language
    let isComposite = explanation.text.hasCompositeCharacters
    func mean(_ bits: Double?, per unit: TokenUnit) -> String? {
      bits.map { language.measure(number($0, 2), language.bits(per: unit)) }
    }
    let means = [
      mean(explanation.meanSurprisal, per: unit),
      isComposite ? mean(explanation.meanCharacterSurprisal, per: .grapheme) : nil,
    ].compactMap(\.self).joined(separator: ", ")
    let (noun, koreanNoun) = (unit.noun, language.noun(unit))
    let sum =
      isComposite
      ? language(
        " The surprisal of a character is the sum over its \(unit.pluralNoun).",
        " 글자의 정보량은 그 글자를 이루는 \(koreanNoun)의 정보량을 모두 더한 값입니다.") : ""
    try document.heading(language("Surprisal", "정보량"))
    try document.paragraph(
      language(
        """
        Surprisal is -log2 of the probability that the model gave to the \(noun): 0 bits at probability 1, 1 bit at 1/2, \
        10 bits at 1/1024.\(sum)\(means.isEmpty ? "" : " Mean: \(means).") The first \(noun) has no prediction.
        """,
        """
        정보량(surprisal)은 실제로 나온 \(koreanNoun)에 모델이 준 확률을 p라 할 때 -log2(p)입니다. 확률이 1이면 0비트, 1/2이면 \
        1비트, 1/1024이면 10비트입니다.\(sum)\(means.isEmpty ? "" : " 평균은 \(means)입니다.") 첫 \(koreanNoun)에는 예측이 없습니다.
        """))
  }

  /// Says which part of the text is not shown or not in the vocabulary.
  private func showOmissions(
    _ encoding: PromptEncoding, _ unit: TokenUnit, _ document: inout ReportDocument
  ) throws {
    let language = document.language
    let (all, shown) = (encoding.ids.count, min(encoding.ids.count, NeuronCriterion.maximumLength))
    if shown < all {
      if json { Output.note("Only the first \(shown) of \(all) tokens are explained.") }
      try document.paragraph(
        language(
          "Only the first \(shown) of \(all) tokens are shown.",
          "토큰 \(all)개 가운데 처음 \(shown)개만 보여 줍니다."
        ))
    }
    let missing = encoding.substitutions.count
    if missing > 0 {
      try document.paragraph(
        language(
          "\(quantity(missing, unit)) of the text \(missing == 1 ? "is" : "are") not in the vocabulary and replaced or skipped.",
          "글의 \(language.amount(missing, of: unit))는 어휘에 없어 다른 토큰으로 바꾸거나 건너뛰었습니다."))
    }
  }

  /// Returns the text, with each character colored by its surprisal.
  private func surprisal(_ explanation: Explanation, _ names: TokenNames) -> HighlightedText {
    let language = names.language
    func line(_ name: String, _ bits: Double) -> String {
      "\(name): \(language.measure(number(bits, 1), language("bits", "비트")))"
    }
    func line(_ position: Explanation.Position) -> String? {
      position.surprisal.map { bits in
        let predictions = names.list(position.predictions, separator: ", ")
        return line(names.withPosition(position.token), bits)
          + language("; predicted \(predictions)", ", 예측 \(predictions)")
      }
    }
    return HighlightedText(
      explanation.text.characters.map { character in
        let bits = explanation.surprisal(of: character)
        let positions = explanation.positions[character.tokens]
        let sum = positions.count > 1 ? bits.map { [line(character.text, $0)] } ?? [] : []
        let lines = sum + positions.compactMap(line)
        return .init(
          character.text, intensity: bits.map { $0 / 10 }, digit: Int((bits ?? 0).rounded()),
          tooltip: lines.joined(separator: "\n"))
      },
      legend: language(
        "Color intensity, or the digit without colors: surprisal in bits (colors up to 10, digits up to 9).",
        "색의 진하기, 색이 없으면 숫자: 정보량(비트). 색은 10까지, 숫자는 9까지 나타냅니다."))
  }

  private func showPredictions(
    _ explanation: Explanation, _ names: TokenNames, _ document: inout ReportDocument
  ) throws {
    let language = document.language
    func list(_ predictions: [Explanation.Prediction]) -> String {
      names.list(predictions, separator: " · ")
    }
    func bits(_ surprisal: Double?) -> String { surprisal.map { number($0, 1) } ?? "" }
    let headings = [
      language("bits", "비트"), language("five most likely tokens", "확률이 높은 토큰 다섯 개"),
    ]
    let rows = explanation.positions.map { position in
      [names(position.token), bits(position.surprisal), list(position.predictions)]
    }
    let next = language("(next)", "(다음)")
    let last = list(explanation.nextPredictions)
    try document.heading(language("Predictions", "예측"))
    guard explanation.text.hasCompositeCharacters else {
      try document.table(rows + [[next, "", last]], under: [""] + headings)
      return
    }
    if explanation.text.tokens.contains(where: { JamoPosition($0) != nil }) {
      try document.paragraph(
        language(
          "A hyphen marks a final consonant: ㄱ begins a syllable, -ㄱ ends one.",
          "붙임표는 종성을 나타냅니다. ㄱ은 초성이고 -ㄱ은 종성입니다."))
    }
    // The character and its sum stand in the row of its first token.
    let composite = explanation.text.characters.flatMap { character in
      character.tokens.map { token in
        token == character.tokens.lowerBound
          ? [names.character(character.text), bits(explanation.surprisal(of: character))]
            + rows[token]
          : ["", ""] + rows[token]
      }
    }
    try document.table(
      composite + [[next, "", "", "", last]],
      under: ["", language("sum", "합"), language("token", "토큰")] + headings)
  }
}

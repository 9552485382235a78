import Geul

extension GenerationMeasures {
  /// The report as a JSON object; measures that the texts are too short for are left out.
  struct Object: Encodable {
    let temperatures: [Temperature]
    let heldOut: Measures?
    let isTrainingText: Bool?
    let validationNatsPerToken: Double?
    let validationNatsPerChar: Double?

    struct Temperature: Encodable {
      let temperature: Double
      let measures: Measures
      let texts: [Measures]
      let surprisal: Surprisal
    }

    struct Measures: Encodable {
      let characters: Int
      let words: Int
      let newWords: Share?
      let typesPerToken: Double?
      let repeatedSequences: Share?
      let copiedSequences: Share?
      let longestRun: Run?
      let particles: Share?
    }

    struct Share: Encodable {
      let count: Int
      let total: Int
      let share: Double
    }

    struct Run: Encodable {
      let characters: Int
      let text: String
    }

    struct Surprisal: Encodable {
      let natsPerChar: Double?
      let natsPerToken: Double?
      let windows: [Window]
    }

    struct Window: Encodable {
      let start: Int
      let end: Int
      let texts: Int
      let natsPerChar: Double?
      let natsPerToken: Double?
    }
  }

  /// The report as a JSON object.
  var object: Object {
    Object(
      temperatures: groups.map { group in
        Object.Temperature(
          temperature: group.temperature,
          measures: Object.Measures(TextMeasures(pooling: group.texts)),
          texts: group.texts.map(Object.Measures.init),
          surprisal: Object.Surprisal(group.surprisal))
      },
      heldOut: heldOut.isEmpty ? nil : Object.Measures(TextMeasures(pooling: heldOut)),
      isTrainingText: isTrainingText, validationNatsPerToken: validationNatsPerToken,
      validationNatsPerChar: validationNatsPerCharacter)
  }
}

extension GenerationMeasures.Object.Measures {
  init(_ measures: TextMeasures) {
    characters = measures.characters
    words = measures.words
    newWords = .init(measures.newWords)
    typesPerToken = measures.windowTypes.value
    repeatedSequences = .init(measures.repeatedSequences)
    copiedSequences = .init(measures.copiedSequences)
    longestRun = measures.longestRun.map { .init(characters: $0.length, text: $0.text) }
    particles = .init(measures.particles, minimum: TextMeasures.minimumParticles)
  }
}

extension GenerationMeasures.Object.Share {
  /// Nil if fewer than `minimum` things are counted.
  init?(_ share: TextMeasures.Share?, minimum: Int = 1) {
    guard let share, share.total >= minimum, let value = share.value else { return nil }
    (count, total, self.share) = (share.count, share.total, value)
  }
}

extension GenerationMeasures.Object.Surprisal {
  init(_ surprisal: TextSurprisal) {
    natsPerChar = surprisal.whole.natsPerCharacter
    natsPerToken = surprisal.whole.natsPerToken
    windows = zip(TextSurprisal.windowStarts, surprisal.windows).filter { $1.texts > 0 }.map {
      .init(
        start: $0, end: $0 + TextSurprisal.windowLength, texts: $1.texts,
        natsPerChar: $1.natsPerCharacter, natsPerToken: $1.natsPerToken)
    }
  }
}

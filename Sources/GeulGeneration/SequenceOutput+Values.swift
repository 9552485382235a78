/// Values that tests make without an engine.
extension SequenceOutput {
  /// Creates the output of a sequence.
  package init(
    index: Int, text: String = "", scores: [TokenScore] = [], promptScores: [TokenScore]? = nil,
    ending: GenerationEngine.Ending? = nil, generatedTokenCount: Int = 0, cachedTokenCount: Int = 0
  ) {
    self.init(index: index)
    self.text = text
    self.scores = scores
    self.promptScores = promptScores
    self.ending = ending
    self.generatedTokenCount = generatedTokenCount
    self.cachedTokenCount = cachedTokenCount
  }
}

extension TokenScore {
  /// Creates the score of a token; `alternatives` are ids and log-probabilities.
  package init(
    _ id: Int, _ logProbability: Double?, offset: Int = 0, alternatives: [(Int, Double)] = []
  ) {
    self.id = id
    self.logProbability = logProbability
    self.alternatives = alternatives.map { Alternative(id: $0, logProbability: $1) }
    self.offset = offset
  }
}

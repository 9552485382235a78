#if Server

import Geul

/// Turns the outputs of a plan's sequences into the parts of its choices.
///
/// It puts the echo before the first text of a choice, drops a leading space, and counts tokens.
struct ChoiceAssembler: Sendable {
  /// A part of a choice.
  struct Part {
    /// The index of the choice.
    let index: Int
    /// The text.
    var text: String
    /// The scores of its tokens, with offsets in the text of the choice.
    var scores: [TokenScore]
    /// The reason why the text ended; nil while it continues.
    let finishReason: String?
    /// Indicates whether this is the first part of the choice.
    let isFirst: Bool
  }

  private struct Choice {
    var hasBegun = false
    var hasText = false
    var generatedTokens = 0
    var cachedTokens = 0
  }

  private let plan: GenerationPlan
  private let texts: TokenTexts
  private var choices: [Choice]

  init(_ plan: GenerationPlan, _ texts: TokenTexts) {
    self.plan = plan
    self.texts = texts
    choices = Array(repeating: Choice(), count: plan.sequences.count)
  }

  /// Returns the part of a choice that an output of its sequence adds; nil if it adds nothing.
  mutating func part(_ output: SequenceOutput) -> Part? {
    let index = output.index
    choices[index].generatedTokens = output.generatedTokenCount
    choices[index].cachedTokens = output.cachedTokenCount
    let isFirst = !choices[index].hasBegun
    var part = Part(
      index: index, text: output.text, scores: output.scores,
      finishReason: output.ending.map(Self.finishReason), isFirst: isFirst)
    if plan.dropsLeadingSpace, !choices[index].hasText, !part.text.isEmpty {
      dropLeadingSpace(of: &part)
      choices[index].hasText = true
    }
    addEcho(to: &part, output)
    guard !part.text.isEmpty || !part.scores.isEmpty || part.finishReason != nil else { return nil }
    choices[index].hasBegun = true
    return part
  }

  private func dropLeadingSpace(of part: inout Part) {
    guard part.text.unicodeScalars.first == " " else { return }
    part.text.unicodeScalars.removeFirst()
    if let first = part.scores.first, texts.text(of: first.id) == " " {
      part.scores.removeFirst()
    }
  }

  /// Puts the prompt before the first part, and moves the offsets of tokens accordingly.
  private func addEcho(to part: inout Part, _ output: SequenceOutput) {
    guard let echo = plan.echo(part.index) else { return }
    let length = echo.unicodeScalars.count
    for position in part.scores.indices { part.scores[position].offset += length }
    guard part.isFirst else { return }
    part.text = echo + part.text
    part.scores = (output.promptScores ?? []) + part.scores
  }

  private static func finishReason(_ ending: GenerationEngine.Ending) -> String {
    switch ending {
    case .stop, .pattern: "stop"
    case .length, .interrupted, .noCandidates: "length"
    }
  }

  /// The numbers of tokens so far.
  var usage: Usage {
    var usage = Usage()
    for (index, choice) in choices.enumerated() {
      usage.completionTokens += choice.generatedTokens
      guard index % plan.n == 0 else { continue }
      let tokens = plan.promptTokenCounts[index / plan.n]
      usage.promptTokens += tokens
      usage.cachedTokens += min(choice.cachedTokens, tokens)
    }
    return usage
  }
}
#endif

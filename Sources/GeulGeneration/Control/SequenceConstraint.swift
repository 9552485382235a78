public import GeulModel
public import GeulText

/// The rules that a generated text obeys, whatever the model predicts.
///
/// The rules apply to the generated text without its prompt, and all of them together. `docs/control.md` describes them.
public struct TextControl: Sendable {
  /// The characters that the text may have; nil for all.
  public var allowed: CharacterClass?
  /// The characters that the text must not have; nil for none.
  public var banned: CharacterClass?
  /// The regular expression that the whole text matches; nil for any text.
  public var pattern: TextPattern?
  /// The form of the text's lines; nil for any form.
  public var lines: LineForm?
  /// The limit of what is copied from a corpus; nil for none.
  public var copyLimit: CopyLimit?

  /// Creates rules that any text obeys.
  public init() {}

  /// Indicates whether there is no rule.
  public var isEmpty: Bool {
    allowed == nil && banned == nil && pattern == nil && lines == nil && copyLimit == nil
  }
}

/// A compiled `TextControl`: the tokens that may follow at each step of a sequence.
///
/// It belongs to one model; all sequences can share it.
///
/// ```swift
/// var control = TextControl()
/// control.pattern = try TextPattern("[가-힣]{2,4}")
/// var request = SequenceRequest(prompt: [], seed: 1)
/// request.constraint = try SequenceConstraint(control, of: model.metadata)
/// ```
public struct SequenceConstraint: Sendable {
  /// The automaton of the characters, the pattern and the lines; nil if there are no such rules.
  let automaton: TokenAutomaton?
  /// Indicates whether the text must end in an accepting state, and may end in one before its length is reached.
  let endsText: Bool
  /// Indicates whether a token outside the pattern ends a text that may end.
  let endsAtOtherToken: Bool
  /// The tokens of a space and a line break, each of which becomes the other one where lines need it; nil without lines.
  let wrap: Wrap?
  /// The steering of lines to their endings; nil if lines need no ending.
  let steering: LineSteering?
  /// The number of remaining tokens below which a text without a given number of lines ends with its line.
  let endMargin: Int
  /// The limit of what is copied from a corpus; nil for none.
  let copies: CopyConstraint?

  /// The tokens of a space and a line break.
  struct Wrap: Sendable {
    let space: Int
    let lineBreak: Int
  }

  /// Compiles the rules for a model.
  ///
  /// - Parameters:
  ///   - control: The rules.
  ///   - metadata: The metadata of the model.
  ///   - sampling: The options of the sampler, of which the bans of tokens are considered.
  /// - Throws: `ConstraintError` if no text obeys the rules, or they are too complex.
  public init(
    _ control: TextControl, of metadata: Model.Metadata,
    sampling: SamplingOptions = SamplingOptions()
  ) throws(ConstraintError) {
    let vocabulary = metadata.vocabulary
    let form = SymbolForm(metadata.tokenizer)
    let tokens: [[UInt32]] = vocabulary.tokens.enumerated().map { id, token in
      sampling.bans(id) ? [] : form.symbols(ofToken: token)
    }
    var graph = PatternGraph(metadata.tokenizer)
    if control.allowed != nil || control.banned != nil {
      let rest = (control.banned ?? CharacterClass(ranges: [])).complement
      let allowed = control.allowed ?? .all
      var set = allowed.intersection(rest)
      if form == .jamo, SymbolForm.letters(of: allowed).isEmpty {
        set = SymbolForm.withoutLetters(set)
      }
      try graph.add(TextPattern(.repeated(.characters(set), minimum: 0, maximum: nil)))
    }
    if let pattern = control.pattern { try graph.add(pattern) }
    if let lines = control.lines { try graph.add(try lines.pattern(for: metadata)) }
    try graph.orderJamo()
    automaton = graph.ends.isEmpty ? nil : try TokenAutomaton(graph, tokens: tokens)
    endsText = control.pattern != nil || control.lines != nil
    endsAtOtherToken = control.pattern != nil || control.lines?.acrostic != nil
    if control.lines != nil, let space = vocabulary.id(of: " "),
      let lineBreak = vocabulary.id(of: "\n") ?? vocabulary.id(of: "\r\n")
    {
      wrap = Wrap(space: space, lineBreak: lineBreak)
    } else {
      wrap = nil
    }
    if let automaton, let lines = control.lines, !lines.endings.isEmpty, let wrap {
      steering = LineSteering(
        lines, automaton, lineBreak: wrap.lineBreak, tokens: tokens, form: form)
    } else {
      steering = nil
    }
    endMargin = control.lines.map { $0.acrostic == nil ? $0.length : 0 } ?? 0
    copies = control.copyLimit.map { CopyConstraint($0, tokens: tokens, form: form) }
    // The empty text alone is no match.
    if let automaton, automaton.transitions.prefix(automaton.classCount).allSatisfy({ $0 < 0 }) {
      throw .impossible
    }
  }

  /// The number of tokens of the shortest text that obeys the rules.
  public var minimumLength: Int { Int(automaton?.distances[0] ?? 0) }

  /// Returns true if a text of these tokens obeys the rules of its characters, its pattern and its lines.
  package func accepts(_ ids: some Sequence<Int>) -> Bool {
    guard let automaton else { return true }
    var state: Int32 = 0
    for id in ids {
      state = automaton.next(state, id)
      if state < 0 { return false }
    }
    return automaton.isAccepting(state)
  }
}

package import GeulCompute
package import GeulGeneration
package import GeulModel
package import GeulText
internal import PortableFoundation

/// The model of a writing session: it reads the text, scores its characters and generates continuations.
///
/// It works in steps, so that a key is answered between two of them. States along the text are kept: a change at the end
/// of the text takes time for the changed characters only.
package struct WritingEngine: ~Copyable {
  private let metadata: Model.Metadata
  /// The id of the token of the label that all lines have; nil for none.
  private let label: Int?
  private var engine: GenerationEngine
  private var characters: [Character] = []
  /// The token ids of characters, by their bytes.
  private var encodings: [[UInt8]: [Int]] = [:]
  /// The states after some of the characters, in ascending order.
  private var states: [(count: Int, state: SequenceState)] = []
  /// The sequence that reads or generates; nil if there is none.
  private var work: Work?
  /// The characters that are not in the vocabulary and were not reported.
  private var substitutions: [PromptEncoding] = []

  /// The scores of the leading characters that were read.
  package private(set) var scores = CharacterScores()

  /// A sequence of the engine.
  private struct Work {
    let id: GenerationEngine.SequenceID
    let kind: Kind

    enum Kind {
      /// Reads characters, with the number of tokens of each.
      case reading(Range<Int>, tokenCounts: [Int])
      /// Generates; `held` is the end of the text that the decoder holds back.
      case generation(held: String)
    }
  }

  /// The result of a step.
  package enum Event: Sendable, Equatable {
    /// Characters were read.
    case read
    /// A part of the continuation was generated; true if it is complete.
    case generated(String, isComplete: Bool)
  }

  /// The maximum number of characters that are read together.
  private static let chunkLength = 64
  /// The number of states that are kept; above it, every other of the earlier half is dropped.
  private static let maximumStateCount = 512

  /// Creates an engine for an empty text.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - label: The id of the token of a label; see `SequenceRequest.label`.
  ///   - precision: The arithmetic of matrix products.
  ///   - context: The kernels and threads.
  package init(
    _ model: Model, label: Int? = nil, precision: Precision, context: ComputeContext
  ) {
    metadata = model.metadata
    self.label = label
    engine = GenerationEngine(model, precision: precision, capacity: 1, context: context)
  }

  /// Indicates whether a step would do nothing.
  package var isIdle: Bool { work == nil && isRead }

  /// Indicates whether all characters were read.
  package var isRead: Bool { readCount == characters.count }

  /// The number of characters that were read.
  package var readCount: Int { states.last?.count ?? skippedCount }

  /// The number of characters at the start of the text that have no tokens.
  private var skippedCount = 0

  /// The number of tokens of the text that the network has read, again or for the first time.
  package var readTokenCount: Int { engine.readTokenCount }

  /// Returns the characters that are not in the vocabulary and were read first since the last call.
  package mutating func takeSubstitutions() -> [PromptEncoding] {
    defer { substitutions = [] }
    return substitutions
  }

  /// Sets the text, of which the first `unchangedCount` characters are those of the last call.
  package mutating func setText(_ text: [Character], unchangedCount: Int) {
    guard unchangedCount < max(text.count, characters.count) else { return }
    characters.removeLast(characters.count - unchangedCount)
    characters += text[unchangedCount...]
    scores.truncate(to: unchangedCount)
    while let last = states.last, last.count > unchangedCount { states.removeLast() }
    skippedCount = min(skippedCount, unchangedCount)
    cancel()
  }

  /// Begins a continuation of the text, which must have been read, instead of the one that is being generated.
  ///
  /// - Throws: `SamplingError` if an option is out of its range.
  package mutating func generate(
    _ settings: WritingSettings, sampleIndex: Int, stops: [String] = []
  ) throws(SamplingError) {
    cancel()
    precondition(isRead, "the text must be read before a continuation is generated")
    var request = SequenceRequest(
      prompt: [], length: settings.length, sampling: settings.sampling, seed: settings.seed,
      sampleIndex: sampleIndex, stops: stops)
    (request.session, request.label) = (states.last?.state, label)
    work = Work(id: try engine.admit(request), kind: .generation(held: heldText()))
  }

  /// Indicates whether a continuation is being generated.
  package var isGenerating: Bool {
    if case .generation = work?.kind { true } else { false }
  }

  /// Ends the continuation that is being generated.
  package mutating func cancel() {
    if let work { engine.cancel(work.id) }
    work = nil
  }

  /// Reads some characters or generates a token.
  ///
  /// - Throws: `SamplingError` if an option is out of its range.
  package mutating func step(_ settings: WritingSettings) throws(SamplingError) -> Event? {
    if work == nil { try beginReading(settings) }
    guard let current = work else { return isRead ? nil : .read }
    for event in engine.step() where event.id == current.id {
      if event.ending != nil { work = nil }
      switch current.kind {
      case .reading(let range, let tokenCounts):
        guard let state = event.state else { continue }
        scores.append(event.promptScores ?? [], tokenCounts: tokenCounts, at: range)
        states.append((range.upperBound, state))
        thinOutStates()
        return .read
      case .generation(let held):
        guard !event.text.isEmpty || event.ending != nil else { continue }
        let text = Self.removing(held, from: event.text)
        if !event.text.isEmpty, event.ending == nil {
          work = Work(id: current.id, kind: .generation(held: ""))
        }
        return .generated(text, isComplete: event.ending != nil)
      }
    }
    return nil
  }

  /// Begins to read the characters after the last state.
  private mutating func beginReading(_ settings: WritingSettings) throws(SamplingError) {
    let start = readCount
    guard start < characters.count else { return }
    let range = start..<min(characters.count, start + Self.chunkLength)
    let ids = range.map { encode(characters[$0]) }
    let prompt = ids.flatMap(\.self)
    guard !prompt.isEmpty else {
      scores.append([], tokenCounts: ids.map(\.count), at: range)
      if let state = states.last?.state {
        states.append((range.upperBound, state))
      } else {
        skippedCount = range.upperBound
      }
      return
    }
    var request = SequenceRequest(prompt: prompt, length: 0, sampling: settings.sampling)
    (request.session, request.label) = (states.last?.state, label)
    request.scoresPrompt = true
    request.keepsState = true
    work = Work(
      id: try engine.admit(request), kind: .reading(range, tokenCounts: ids.map(\.count)))
  }

  /// Returns the ids of a character.
  ///
  /// Characters are encoded one by one, so that a longer text has the ids of a shorter one at its start.
  private mutating func encode(_ character: Character) -> [Int] {
    let text = String(character)
    let bytes = Array(text.utf8)
    if let known = encodings[bytes] { return known }
    let encoding = metadata.tokenizer.encodePrompt(text, vocabulary: metadata.vocabulary)
    if !encoding.substitutions.isEmpty { substitutions.append(encoding) }
    encodings[bytes] = encoding.ids
    return encoding.ids
  }

  /// Drops every other of the earlier states if there are too many.
  private mutating func thinOutStates() {
    guard states.count > Self.maximumStateCount else { return }
    let half = states.count / 2
    states =
      states[..<half].enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
      + states[half...]
  }

  /// Returns the end of the text that a decoder holds back: a Hangul syllable that may get a final consonant.
  private mutating func heldText() -> String {
    guard metadata.tokenizer.unit == .jamo else { return "" }
    // Characters without tokens are not in the decoder.
    var ids: [Int] = []
    for character in characters.reversed() {
      ids = encode(character)
      if !ids.isEmpty { break }
    }
    var decoder = StreamDecoder(
      tokenizer: metadata.tokenizer, vocabulary: metadata.vocabulary)
    for id in ids { _ = decoder.append(id) }
    return decoder.finish()
  }

  /// Returns a generated text without the end of the prompt that it begins with.
  ///
  /// Of a syllable that has got a final consonant, the consonant is left.
  private static func removing(_ held: String, from text: String) -> String {
    guard !held.isEmpty, let first = text.first else { return text }
    let decomposed = Tokenizer(unit: .codepoint, normalization: .nfd)
    let (jamo, prefix) = (decomposed.tokens(of: String(first)), decomposed.tokens(of: held))
    guard jamo.starts(with: prefix) else { return text }
    return jamo.dropFirst(prefix.count).joined() + text.dropFirst()
  }
}

internal import GeulText

/// A nondeterministic finite automaton that a text must satisfy, with several patterns side by side: the text matches all.
///
/// Each pattern is a component with a start and an end, by Thompson's construction (1968, "Regular Expression Search
/// Algorithm").
struct PatternGraph: Sendable {
  /// A transition that reads one symbol of a set.
  struct Edge: Sendable {
    let set: Int32
    let target: Int32
  }

  /// The distinct sets of symbols.
  private(set) var sets: [CharacterClass] = []
  /// The transitions of each state.
  private(set) var edges: [[Edge]] = []
  /// The states that each state reaches without reading a symbol.
  private(set) var epsilons: [[Int32]] = []
  /// The component of each state.
  private(set) var components: [Int32] = []
  /// The first and the last state of each component.
  private(set) var ends: [(start: Int32, end: Int32)] = []

  private let form: SymbolForm
  private let tokenizer: Tokenizer
  private var setIDs: [CharacterClass: Int32] = [:]
  private var pathCache: [CharacterClass: [[CharacterClass]]] = [:]
  /// Indicates whether a pattern has letters that stand for jamo.
  private var hasLetters = false
  private static let maximumStateCount = 500_000

  init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    form = SymbolForm(tokenizer)
  }

  /// Adds a pattern that the text must match, too.
  ///
  /// - Throws: `ConstraintError` if the pattern is too large.
  mutating func add(_ pattern: TextPattern) throws(ConstraintError) {
    let start = try addState()
    let end = try append(pattern.root, to: start)
    ends.append((start, end))
  }

  /// Adds the rule that a trailing consonant follows a vowel, if a pattern has letters: a letter stands for both consonants.
  ///
  /// - Throws: `ConstraintError` if the patterns are too large.
  mutating func orderJamo() throws(ConstraintError) {
    guard hasLetters else { return }
    let (vowel, trail) = (
      CharacterClass(ranges: [Hangul.vowels]), CharacterClass(ranges: [Hangul.trails])
    )
    let other = vowel.union(trail).complement
    let (start, afterVowel, end) = (try addState(), try addState(), try addState())
    connect(start, start, by: other)
    connect(start, afterVowel, by: vowel)
    connect(afterVowel, afterVowel, by: vowel)
    connect(afterVowel, start, by: other)
    connect(afterVowel, start, by: trail)
    connect(start, end)
    connect(afterVowel, end)
    ends.append((start, end))
  }

  private mutating func addState() throws(ConstraintError) -> Int32 {
    guard edges.count < Self.maximumStateCount else { throw .tooComplex }
    edges.append([])
    epsilons.append([])
    components.append(Int32(ends.count))
    return Int32(edges.count - 1)
  }

  private mutating func connect(_ source: Int32, _ target: Int32) {
    epsilons[Int(source)].append(target)
  }

  /// Appends a part after a state; returns the state after it.
  private mutating func append(
    _ node: TextPattern.Node, to state: Int32
  ) throws(ConstraintError) -> Int32 {
    switch node {
    case .characters(let set): return try append(set, to: state)
    case .literal(let scalar): return try append([scalar], to: state)
    case .sequence(let parts): return try append(parts, to: state)
    case .alternatives(let parts):
      let end = try addState()
      for part in parts {
        let start = try addState()
        connect(state, start)
        connect(try append(part, to: start), end)
      }
      return end
    case .repeated(let part, let minimum, let maximum):
      return try append(part, minimum, maximum, to: state)
    }
  }

  private mutating func append(
    _ part: TextPattern.Node, _ minimum: Int, _ maximum: Int?, to state: Int32
  ) throws(ConstraintError) -> Int32 {
    var state = state
    for _ in 0..<minimum { state = try append(part, to: state) }
    let end = try addState()
    guard let maximum else {
      let head = try addState()
      connect(state, head)
      connect(try append(part, to: head), head)
      connect(head, end)
      return end
    }
    connect(state, end)
    for _ in minimum..<maximum {
      let next = try addState()
      connect(state, next)
      state = try append(part, to: next)
      connect(state, end)
    }
    return end
  }

  /// Appends parts one after the other; characters in a row are normalized together.
  private mutating func append(
    _ parts: [TextPattern.Node], to state: Int32
  ) throws(ConstraintError) -> Int32 {
    var state = state
    var run: [Unicode.Scalar] = []
    for part in parts {
      if case .literal(let scalar) = part {
        run.append(scalar)
        continue
      }
      state = try append(run, to: state)
      run = []
      state = try append(part, to: state)
    }
    return try append(run, to: state)
  }

  /// Appends a text in the form of the model; a line feed is the model's line ending.
  private mutating func append(
    _ text: [Unicode.Scalar], to state: Int32
  ) throws(ConstraintError) -> Int32 {
    var state = state
    var string = String.UnicodeScalarView()
    if form == .jamo, let index = text.firstIndex(where: { Hangul.letters.contains($0.value) }) {
      state = try append(Array(text[..<index]), to: state)
      let letter = text[index].value
      state = try append(CharacterClass(ranges: [letter...letter]), to: state)
      return try append(Array(text[(index + 1)...]), to: state)
    }
    string.append(contentsOf: text)
    var previous: Unicode.Scalar?
    for scalar in tokenizer.normalized(String(string)).unicodeScalars {
      if scalar == "\n", previous != "\r" {
        // A text with CR LF has no single line feed, and the reverse.
        let end = try addState()
        connect(try spell([13, 10], after: state), end)
        connect(try spell([10], after: state), end)
        state = end
      } else {
        state = try spell(form.symbols(of: [scalar]), after: state)
      }
      previous = scalar
    }
    return state
  }

  private mutating func spell(
    _ symbols: [UInt32], after state: Int32
  ) throws(ConstraintError) -> Int32 {
    var state = state
    for symbol in symbols { state = try read(CharacterClass(ranges: [symbol...symbol]), state) }
    return state
  }

  /// Adds a state that is reached by reading a symbol of a set.
  private mutating func read(
    _ set: CharacterClass, _ source: Int32
  ) throws(ConstraintError) -> Int32 {
    let target = try addState()
    connect(source, target, by: set)
    return target
  }

  private mutating func connect(_ source: Int32, _ target: Int32, by set: CharacterClass) {
    let id = setIDs[set] ?? Int32(sets.count)
    if id == sets.count {
      sets.append(set)
      setIDs[set] = id
    }
    edges[Int(source)].append(Edge(set: id, target: target))
  }

  /// Appends a character of a class.
  private mutating func append(
    _ set: CharacterClass, to state: Int32
  ) throws(ConstraintError) -> Int32 {
    let paths = pathCache[set] ?? form.paths(of: normalized(set))
    pathCache[set] = paths
    if form == .jamo, !SymbolForm.letters(of: set).isEmpty { hasLetters = true }
    let end = try addState()
    for path in paths {
      var state = state
      for part in path.dropLast() { state = try read(part, state) }
      if let last = path.last { connect(state, end, by: last) }
    }
    return end
  }

  /// Returns a class with the forms of its letters in NFKC, which makes ㅋ the leading consonant.
  private func normalized(_ set: CharacterClass) -> CharacterClass {
    guard form == .scalars, tokenizer.normalization == .nfkc else { return set }
    let jamo = SymbolForm.letters(of: set).compactMap { Hangul.jamo(ofLetter: $0).first }
    return set.union(CharacterClass(ranges: jamo.map { $0...$0 }))
  }

  /// Returns the states that some states reach without reading a symbol, ascending; only those with transitions, and ends.
  func closure(_ states: [Int32]) -> [Int32] {
    var reached = Set(states)
    var rest = states
    while let state = rest.popLast() {
      for next in epsilons[Int(state)] where reached.insert(next).inserted { rest.append(next) }
    }
    return reached.filter { state in
      !edges[Int(state)].isEmpty || ends[Int(components[Int(state)])].end == state
    }.sorted()
  }
}

internal import GeulText

/// The symbols that the automata of a model read: the smallest parts that its tokens consist of.
///
/// A pattern is translated to these symbols, so that a character may be generated in parts.
enum SymbolForm: Sendable {
  /// Unicode scalars.
  case scalars
  /// Unicode scalars, with Hangul syllables decomposed to jamo: of tokenizers that decompose them.
  case jamo
  /// Bytes of UTF-8.
  case bytes

  init(_ tokenizer: Tokenizer) {
    switch tokenizer.unit {
    case .byte: self = .bytes
    case .jamo: self = .jamo
    case .grapheme, .codepoint: self = tokenizer.normalization == .nfd ? .jamo : .scalars
    }
  }

  /// Returns the symbols of scalars of a text.
  func symbols(of scalars: some Sequence<Unicode.Scalar>) -> [UInt32] {
    switch self {
    case .scalars: scalars.map(\.value)
    case .jamo: scalars.flatMap { Self.decomposed($0.value) }
    case .bytes: scalars.flatMap { UTF8.encode($0).map { $0.map(UInt32.init) } ?? [] }
    }
  }

  /// Returns the symbols of a token; a token of a byte model is the scalar of the same value.
  func symbols(ofToken token: String) -> [UInt32] {
    switch self {
    case .scalars, .bytes: token.unicodeScalars.map(\.value)
    case .jamo: symbols(of: token.unicodeScalars)
    }
  }

  /// Returns the number of characters that begin in symbols.
  func characterCount(of symbols: [UInt32]) -> Int {
    switch self {
    case .scalars: symbols.count
    case .jamo:
      symbols.count { !Hangul.vowels.contains($0) && !Hangul.trails.contains($0) }
    case .bytes: symbols.count { $0 & 0xC0 != 0x80 }
    }
  }

  /// Returns true if a token begins a syllable of a range.
  func hasToken(in syllables: ClosedRange<UInt32>, of vocabulary: Vocabulary) -> Bool {
    switch self {
    case .bytes: true
    case .scalars:
      vocabulary.tokens.contains {
        $0.unicodeScalars.first.map { syllables.contains($0.value) } ?? false
      }
    case .jamo:
      vocabulary.tokens.contains {
        symbols(ofToken: $0).first == Hangul.jamo(of: syllables.lowerBound).lead
      }
    }
  }

  private static func decomposed(_ scalar: UInt32) -> [UInt32] {
    guard Hangul.syllables.contains(scalar) else { return [scalar] }
    let jamo = Hangul.jamo(of: scalar)
    return [jamo.lead, jamo.vowel] + (jamo.trail.map { [$0] } ?? [])
  }

  /// Returns the paths of classes of symbols that spell the characters of a class: one class after the other.
  func paths(of set: CharacterClass) -> [[CharacterClass]] {
    switch self {
    case .scalars: [[set]]
    case .jamo: Self.jamoPaths(of: set)
    case .bytes: set.ranges.flatMap { Self.bytePaths($0.lowerBound, $0.upperBound) }
    }
  }

  // Jamo

  /// Leading consonants, vowels and trailing consonants: parts of a syllable, not characters of their own.
  private static let conjoining = CharacterClass(
    ranges: [Hangul.leads, Hangul.vowels, Hangul.trails])

  private static let letters = CharacterClass(ranges: [Hangul.letters])

  /// Returns the letters of a class such as `[ㄱ-ㅎ]`, which stand for jamo; none for a class that has jamo themselves, such as
  /// `\p{Hangul}` and complements, whose jamo belong to complete syllables.
  static func letters(of set: CharacterClass) -> [UInt32] {
    guard set.intersection(conjoining).isEmpty else { return [] }
    return set.intersection(letters).ranges.flatMap { Array($0) }
  }

  /// Returns a class without letters that stand for jamo.
  static func withoutLetters(_ set: CharacterClass) -> CharacterClass { set.union(conjoining) }

  /// Returns the paths of a class in decomposed text; jamo that are no complete syllable are left out, except those for which
  /// letters stand.
  private static func jamoPaths(of set: CharacterClass) -> [[CharacterClass]] {
    var paths: [[CharacterClass]] = []
    let letters = letters(of: set).flatMap(Hangul.jamo(ofLetter:))
    if !letters.isEmpty { paths.append([CharacterClass(ranges: letters.map { $0...$0 })]) }
    let syllables = CharacterClass(ranges: [Hangul.syllables])
    let others = set.subtracting(syllables).subtracting(conjoining)
    if !others.isEmpty { paths.append([others]) }
    // For each leading consonant, the vowels by the set of endings that follow them: bit 0 for none, bit i for the trail i.
    var leads: [[UInt32: [UInt32]]: [UInt32]] = [:]
    var order: [[UInt32: [UInt32]]] = []
    let present = set.intersection(syllables)
    for lead in 0..<UInt32(Hangul.leads.count) where !present.isEmpty {
      var vowels: [UInt32: [UInt32]] = [:]
      for vowel in 0..<UInt32(Hangul.vowels.count) {
        let first = Hangul.syllables.lowerBound + (lead * 21 + vowel) * 28
        let mask = (0..<28 as Range<UInt32>).reduce(0 as UInt32) {
          present.contains(first + $1) ? $0 | 1 << $1 : $0
        }
        if mask != 0 { vowels[mask, default: []].append(Hangul.vowels.lowerBound + vowel) }
      }
      guard !vowels.isEmpty else { continue }
      if leads[vowels] == nil { order.append(vowels) }
      leads[vowels, default: []].append(Hangul.leads.lowerBound + lead)
    }
    for vowels in order {
      let leads = CharacterClass(ranges: (leads[vowels] ?? []).map { $0...$0 })
      for (mask, vowels) in vowels.sorted(by: { $0.key < $1.key }) {
        let vowels = CharacterClass(ranges: vowels.map { $0...$0 })
        if mask & 1 != 0 { paths.append([leads, vowels]) }
        let trails = (UInt32(1)..<28).filter { mask & 1 << $0 != 0 }.map {
          Hangul.trails.lowerBound + $0 - 1
        }
        guard !trails.isEmpty else { continue }
        paths.append([leads, vowels, CharacterClass(ranges: trails.map { $0...$0 })])
      }
    }
    return paths
  }

  // Bytes

  /// Returns the sequences of ranges of bytes that encode a range of scalars (Thompson 1968; Cox 2010, "Regular Expression
  /// Matching in the Wild").
  private static func bytePaths(_ first: UInt32, _ last: UInt32) -> [[CharacterClass]] {
    for limit in [0x7F, 0x7FF, 0xFFFF] as [UInt32] where first <= limit && limit < last {
      return bytePaths(first, limit) + bytePaths(limit + 1, last)
    }
    if last > 0x7F {
      for count in 1...(3 as UInt32) {
        // The last `count` continuation bytes take all values, or those before them are equal.
        let mask = (1 as UInt32) << (6 * count) - 1
        guard first & ~mask != last & ~mask else { continue }
        if first & mask != 0 {
          return bytePaths(first, first | mask) + bytePaths((first | mask) + 1, last)
        }
        if last & mask != mask {
          return bytePaths(first, (last & ~mask) - 1) + bytePaths(last & ~mask, last)
        }
      }
    }
    let (low, high) = (bytes(first), bytes(last))
    return [zip(low, high).map { CharacterClass(ranges: [$0...$1]) }]
  }

  private static func bytes(_ scalar: UInt32) -> [UInt32] {
    switch scalar {
    case ...0x7F: [scalar]
    case ...0x7FF: [0xC0 | scalar >> 6, 0x80 | scalar & 0x3F]
    case ...0xFFFF:
      [0xE0 | scalar >> 12, 0x80 | scalar >> 6 & 0x3F, 0x80 | scalar & 0x3F]
    default:
      [
        0xF0 | scalar >> 18, 0x80 | scalar >> 12 & 0x3F, 0x80 | scalar >> 6 & 0x3F,
        0x80 | scalar & 0x3F,
      ]
    }
  }
}

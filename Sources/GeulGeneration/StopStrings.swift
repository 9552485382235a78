internal import GeulModel
internal import GeulText

/// A streaming matcher of stop strings.
///
/// It holds back a suffix of the text that may still become a stop string.
struct StopStrings: Sendable {
  private let stops: [[UInt8]]
  /// Indicates whether characters of the text are sequences of code points (NFD).
  ///
  /// A stop string then ends where a character ends: "e" does not occur in "é". In other forms, such characters are
  /// single code points.
  private let isDecomposed: Bool
  /// The maximum number of bytes to hold back.
  ///
  /// It is one less than the longest stop string. In decomposed text it is all of that, until the next code point shows
  /// that the character is complete.
  private let maximumSuffixLength: Int
  private var pending: [UInt8] = []

  /// Creates a matcher of stop strings in the text of a model; empty ones are ignored.
  init(_ stops: [String], of metadata: Model.Metadata) {
    self.stops = stops.filter { !$0.isEmpty }.flatMap { stop in
      StopSpellings(of: stop, in: metadata).all.map { Array($0.utf8) }
    }
    isDecomposed = metadata.tokenizer.normalization == .nfd
    maximumSuffixLength = (self.stops.map(\.count).max() ?? 1) - (isDecomposed ? 0 : 1)
  }

  /// Appends a part of the text.
  ///
  /// - Returns: The text that can be shown, which ends before a stop string, and true if a stop
  ///   string occurred.
  mutating func append(_ text: String) -> (text: String, isStopped: Bool) {
    guard !stops.isEmpty else { return (text, false) }
    pending += Array(text.utf8)
    if let start = firstMatch(atEnd: !isDecomposed) { return (cut(at: start), true) }
    // Hold back the longest suffix that is a prefix of a stop string.
    let limit = min(pending.count, maximumSuffixLength)
    let suffixLength =
      (0...limit).last { count in
        stops.contains { $0.starts(with: pending.suffix(count)) }
      } ?? 0
    let shown = pending.dropLast(suffixLength)
    pending = Array(pending.suffix(suffixLength))
    return (String(decoding: shown, as: UTF8.self), false)
  }

  /// Ends the text.
  ///
  /// - Returns: The text held back, which ends before a stop string, and true if a stop string occurred.
  mutating func finish() -> (text: String, isStopped: Bool) {
    let start = firstMatch(atEnd: true)
    return (cut(at: start ?? pending.count), start != nil)
  }

  /// Returns the pending text up to an index, and discards the rest.
  private mutating func cut(at end: Int) -> String {
    defer { pending = [] }
    return String(decoding: pending[..<end], as: UTF8.self)
  }

  /// Returns the start of the first stop string; `atEnd` includes one that ends where the text ends so far.
  private func firstMatch(atEnd: Bool) -> Int? {
    stops.compactMap { stop in
      var start = 0
      while let range = pending[start...].firstRange(of: stop) {
        if range.upperBound == pending.count ? atEnd : endsCharacter(at: range.upperBound) {
          return range.lowerBound
        }
        start = range.lowerBound + 1
      }
      return nil
    }.min()
  }

  /// Indicates whether the code point at an index does not belong to the character before it.
  private func endsCharacter(at index: Int) -> Bool {
    guard isDecomposed else { return true }
    let next = String(decoding: pending[index...].prefix(4), as: UTF8.self).unicodeScalars.first
    guard let next else { return true }
    // Vowels and trailing consonants of Hangul have no combining class.
    return next.properties.canonicalCombiningClass == .notReordered
      && !(0x1160...0x11FF).contains(next.value)
  }
}

/// The spellings in which a stop string can occur in the text of a model.
///
/// The text has the model's normal form. A line break in it is the line ending of the training text. Where a stop string
/// could have several spellings, each of them counts.
struct StopSpellings {
  /// The spellings, at least one.
  let all: [String]
  private let metadata: Model.Metadata

  init(of stop: String, in metadata: Model.Metadata) {
    self.metadata = metadata
    let tokenizer = metadata.tokenizer
    var forms = [tokenizer.normalized(stop)]
    if tokenizer.normalization == .none {
      // The text has the form of the training text, which is not known.
      forms += [NormalForm.nfc, .nfd].map {
        Tokenizer(unit: .codepoint, normalization: $0).normalized(stop)
      }
    }
    var spellings: [String] = []
    for form in forms {
      for spelling in Self.lineEndingForms(of: form, in: metadata.vocabulary)
      where !spellings.contains(where: { $0.utf8.elementsEqual(spelling.utf8) }) {
        spellings.append(spelling)
      }
    }
    all = spellings
  }

  /// Returns a text with line endings that the vocabulary can spell.
  ///
  /// A line ending that is not in the vocabulary is replaced by one that is, as in a prompt. A line feed also stands for
  /// a carriage return and a line feed.
  private static func lineEndingForms(of text: String, in vocabulary: Vocabulary) -> [String] {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) else {
      return [text]
    }
    func isKnown(_ ending: String) -> Bool {
      vocabulary.id(of: ending) != nil
        || ending == "\r\n" && vocabulary.id(of: "\r") != nil && vocabulary.id(of: "\n") != nil
    }
    let known = ["\n", "\r\n", "\r"].filter(isKnown)
    func spelled(_ lineFeed: String?) -> String {
      var spelled = ""
      var scalars = text.unicodeScalars[...]
      while let scalar = scalars.popFirst() {
        guard scalar == "\n" || scalar == "\r" else {
          spelled.unicodeScalars.append(scalar)
          continue
        }
        var ending = String(scalar)
        if scalar == "\r", scalars.first == "\n" {
          scalars.removeFirst()
          ending = "\r\n"
        }
        if ending == "\n", let lineFeed {
          ending = lineFeed
        } else if !known.contains(ending) {
          ending = known.first ?? ending
        }
        spelled.unicodeScalars.append(contentsOf: ending.unicodeScalars)
      }
      return spelled
    }
    return [spelled(nil)] + (known.contains("\r\n") ? [spelled("\r\n")] : [])
  }

  /// The first token that makes every spelling impossible, because no token of the vocabulary contains one of its code
  /// points or bytes; nil if a spelling is possible.
  var unknownToken: PromptEncoding.Substitution? {
    let (tokenizer, vocabulary) = (metadata.tokenizer, metadata.vocabulary)
    let plain = Tokenizer(
      unit: tokenizer.unit == .grapheme ? .codepoint : tokenizer.unit, normalization: .none)
    var known = Set(vocabulary.tokens.flatMap(\.unicodeScalars))
    // Invalid bytes are shown as U+FFFD.
    if tokenizer.unit == .byte { known.formUnion("\u{FFFD}".utf8.map { Unicode.Scalar($0) }) }
    func isPossible(_ text: String) -> Bool {
      plain.tokens(of: text).allSatisfy { $0.unicodeScalars.allSatisfy(known.contains) }
    }
    guard !all.contains(where: isPossible) else { return nil }
    return tokenizer.encodePrompt(all[0], vocabulary: vocabulary).substitutions.first {
      tokenizer.unit == .byte
        ? !$0.token.unicodeScalars.allSatisfy(known.contains) : !isPossible($0.token)
    }
  }
}

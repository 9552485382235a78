extension TextEncoding {
  /// The result of a detection.
  enum Detection {
    case encoding(TextEncoding)
    /// The bytes are not text: the evidence, and its offset.
    case binary(String, offset: Int?)
  }

  /// Detects the encoding from the first bytes of a source: by its byte-order mark or its escape
  /// sequences, else UTF-8, unless the bytes are clearly UTF-16, UTF-32 or Korean in CP949.
  ///
  /// No other encoding is assumed: bytes that are invalid in UTF-8 are always valid in Latin-1, so a
  /// wrong guess would not be noticed. Instead, the error contains the result of `suggestions`.
  static func detect(_ head: ArraySlice<UInt8>, isWhole: Bool) -> Detection {
    if let mark = byteOrderMark(head) { return .encoding(mark) }
    let text = withoutZerosAtEnd(head)
    let (length, bad) = ICU.utf8Prefix(of: text)
    let isUTF8 = length == text.count || (bad < 0 && !isWhole)
    if let encoding = escapeEncoding(text) { return .encoding(encoding) }
    let evidence = binaryEvidence(text.prefix(binaryCheckBytes))
    let hasControls = text.contains { isControl($0) }
    if isUTF8, !hasControls { return .encoding(.utf8) }

    let (valid, invalid) = countUTF8Sequences(text, isWhole: isWhole)
    let isDamagedUTF8 = valid > 0 && invalid <= valid && !text.contains(0)
    if !isDamagedUTF8, text.count >= 2 {
      let unicode = EncodingCandidate.unicodeCandidates(text)
      let bytes = text.contains(0) ? [] : EncodingCandidate.byteCandidates(text)
      let others = unicode.dropFirst().map(\.score) + bytes.map(\.score)
      let best = unicode[0]
      if best.score >= 0.6, best.score >= (others.max() ?? 0) + 0.2 {
        return .encoding(TextEncoding(name: best.name, converter: best.name, isGuess: true))
      }
      if best.score >= TextPlausibility.minimum, let (problem, offset) = evidence {
        let remedy = EncodingSuggestion.remedy(unicode.filter { $0.score > 0.2 }.suggestions) ?? ""
        return .binary("\(problem) (for UTF-16 or UTF-32, \(remedy))", offset: offset)
      }
    }
    if let (problem, offset) = evidence { return .binary(problem, offset: offset) }
    if invalid > valid, isKorean(text, isWhole: isWhole) { return .encoding(.korean) }
    return .encoding(.utf8)
  }

  /// The number of bytes that are examined to reject data that is not text.
  private static let binaryCheckBytes = 1 << 16

  /// Returns bytes without the NULs at their end, in whole units of four bytes.
  private static func withoutZerosAtEnd(_ head: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard let last = head.lastIndex(where: { $0 != 0 }) else { return head.prefix(0) }
    let count = last + 1 - head.startIndex
    // A NUL that ends a character of UTF-16 or UTF-32 in little-endian order is kept.
    guard count < head.count, head.prefix(count).contains(0) else { return head.prefix(count) }
    return head.prefix((count + 3) / 4 * 4)
  }

  /// Returns the encoding with escape sequences in which the bytes begin, ISO-2022-KR or -JP.
  private static func escapeEncoding(_ head: ArraySlice<UInt8>) -> TextEncoding? {
    guard head.contains(0x1B), !head.contains(where: { $0 == 0 || $0 >= 0x80 }) else { return nil }
    func contains(_ sequence: String) -> Bool {
      let sequence = Array(sequence.utf8)
      var rest = head
      while let escape = rest.firstIndex(of: 0x1B) {
        rest = rest[escape...]
        if rest.starts(with: sequence) { return true }
        rest = rest.dropFirst()
      }
      return false
    }
    let name =
      contains("\u{1B}$)C")
      ? "ISO-2022-KR"
      : contains("\u{1B}$B") || contains("\u{1B}$@") ? "ISO-2022-JP" : nil
    guard let name,
      let (scalars, invalid) = EncodingCandidate.decode(head.prefix(8192), by: name, isCut: true),
      invalid == 0, TextPlausibility(scalars).score >= TextPlausibility.minimum
    else { return nil }
    return TextEncoding(name: name, converter: name, isGuess: true)
  }

  /// Returns the encoding with a byte order for one that was given without, such as `UTF-16`.
  ///
  /// - Throws: `TextError` if the bytes are no text in either order, or text in both.
  func withByteOrder(_ head: ArraySlice<UInt8>, in source: String) throws(TextError) -> TextEncoding
  {
    guard let converter, let canonical = Converter(converter)?.name,
      ["UTF-16", "UTF-32"].contains(canonical), !head.isEmpty
    else { return self }
    if let mark = Self.byteOrderMark(head), mark.name.hasPrefix(canonical) { return mark }
    if canonical == "UTF-16", let mark = Self.byteOrderMark(head.prefix(2)), mark.converter != nil {
      return mark
    }
    let text = Self.withoutZerosAtEnd(head)
    let orders = ["LE", "BE"].map { EncodingCandidate.unicode(text, as: canonical + $0) }
      .stablySorted()
    let (best, other) = (orders[0], orders[1])
    // ASCII in pairs of bytes is mostly Chinese.
    let isUTF8 = ICU.utf8Prefix(of: text.prefix(8192)).bad <= 0
    let minimum = isUTF8 ? 0.6 : 0.3
    guard best.score >= minimum, best.score >= other.score + 0.1 else {
      let possible = orders.filter { $0.score >= minimum }.map(\.suggestion)
      throw TextError(.unknownByteOrder(canonical, suggestions: possible), in: source)
    }
    return TextEncoding(
      name: best.name, converter: best.name, isGuess: true, otherOrder: other.name)
  }

  /// Returns the encoding whose byte-order mark contradicts a given form of UTF-16 or UTF-32.
  func contradiction(_ head: ArraySlice<UInt8>) -> TextEncoding? {
    let folded = Self.fold(name)
    guard folded.hasSuffix("le") || folded.hasSuffix("be"), codeUnitBytes > 1,
      let mark = Self.byteOrderMark(codeUnitBytes == 2 ? head.prefix(2) : head),
      mark.codeUnitBytes == codeUnitBytes
    else { return nil }
    return folded.hasPrefix(Self.fold(mark.name)) ? nil : mark
  }

  /// Returns a more plausible encoding than the given one, whose decoding is no plausible text.
  func doubt(_ head: ArraySlice<UInt8>) -> EncodingSuggestion? {
    guard let converter, Self.byteOrderMark(head) == nil else { return nil }
    let sample = Self.withoutZerosAtEnd(head.prefix(8192))
    let isWide = codeUnitBytes > 1
    guard let (scalars, _) = EncodingCandidate.decode(sample, by: converter, isCut: true),
      !scalars.isEmpty
    else { return nil }
    let plausibility = TextPlausibility(scalars, countsASCII: isWide)
    guard isWide || plausibility.foreignCount >= 4, plausibility.score < TextPlausibility.minimum
    else { return nil }
    let (length, bad) = ICU.utf8Prefix(of: sample)
    if length == sample.count || (bad < 0 && head.count > sample.count) {
      var scalars: [UInt32] = []
      ICU.scalars(of: sample.prefix(length), into: &scalars)
      guard TextPlausibility(scalars, countsASCII: true).score >= 0.6 else { return nil }
      return EncodingCandidate(name: "UTF-8", scalars: scalars, score: 1).suggestion
    }
    let bytes = sample.contains(0) ? [] : EncodingCandidate.byteCandidates(sample)
    let best = (bytes + EncodingCandidate.unicodeCandidates(sample)).stablySorted().first
    guard let best, best.score >= 0.6, best.score >= plausibility.score + 0.4 else { return nil }
    return best.suggestion
  }

  private static func marked(_ name: String) -> TextEncoding {
    TextEncoding(name: name, converter: name, isGuess: false)
  }

  private static func byteOrderMark(_ head: ArraySlice<UInt8>) -> TextEncoding? {
    func begins(_ mark: UInt8...) -> Bool { head.starts(with: mark) }
    if begins(0xEF, 0xBB, 0xBF) { return .utf8 }
    if begins(0xFF, 0xFE, 0, 0) { return marked("UTF-32LE") }
    if begins(0, 0, 0xFE, 0xFF) { return marked("UTF-32BE") }
    if begins(0xFF, 0xFE) { return marked("UTF-16LE") }
    if begins(0xFE, 0xFF) { return marked("UTF-16BE") }
    return nil
  }

  /// Counts the multi-byte characters that are valid UTF-8, and the invalid sequences.
  private static func countUTF8Sequences(_ head: ArraySlice<UInt8>, isWhole: Bool) -> (
    valid: Int, invalid: Int
  ) {
    var valid = 0
    var invalid = 0
    var position = head.startIndex
    while position < head.endIndex {
      let (length, bad) = ICU.utf8Prefix(of: head[position...])
      for index in position..<position + length where head[index] >= 0xC0 { valid += 1 }
      position += length
      guard bad != 0 else { break }
      if bad > 0 || isWhole { invalid += 1 }
      guard bad > 0 else { break }
      position += bad
    }
    return (valid, invalid)
  }

  /// Returns true if the bytes are valid CP949, the characters outside ASCII are mostly Hangul and
  /// too many for a coincidence, and no other East Asian encoding fits their frequencies better.
  private static func isKorean(_ head: ArraySlice<UInt8>, isWhole: Bool) -> Bool {
    guard let name = korean.converter, let converter = Converter(name) else { return false }
    var text = ByteQueue()
    let (_, invalid, _) = converter.convert(head, last: isWhole, into: &text)
    guard invalid.isEmpty else { return false }

    var scalars: [UInt32] = []
    ICU.scalars(of: text.all, into: &scalars)
    // ICU maps single bytes that are invalid in CP949 to control characters and private use.
    guard !scalars.contains(where: { (0x80...0x9F).contains($0) || $0 == 0xF8F7 }) else {
      return false
    }
    let foreign = scalars.count { $0 >= 0x80 }
    let hangul = scalars.count { (0xAC00...0xD7A3).contains($0) }
    guard hangul * 10 >= foreign * 6 else { return false }
    guard hangul >= 8 || (hangul >= 2 && hangul * 4 >= scalars.count) else { return false }

    let guesses = ICU.guessEncodings(of: head)
    let confidence = guesses.first { $0.name == "EUC-KR" }?.confidence ?? 0
    let others = guesses.filter { ["GB18030", "Big5", "Shift_JIS", "EUC-JP"].contains($0.name) }
    guard others.allSatisfy({ $0.confidence <= max(confidence, 10) }) else { return false }
    let candidates = EncodingCandidate.byteCandidates(head)
    guard let best = candidates.first, best.name == "CP949", best.score >= 0.7 else { return false }
    return candidates.dropFirst().allSatisfy { $0.score < best.score - 0.1 }
  }

  /// Returns the most likely encodings of bytes that are not UTF-8, at most two; none if they are
  /// damaged UTF-8 or plausible in no encoding.
  static func suggestions(for head: ArraySlice<UInt8>) -> [EncodingSuggestion] {
    if let mark = byteOrderMark(head), mark.converter != nil {
      return [
        EncodingCandidate.unicode(head.dropFirst(mark.codeUnitBytes), as: mark.name).suggestion
      ]
    }
    let (valid, invalid) = countUTF8Sequences(head, isWhole: false)
    if isCESU8(head, invalid: invalid) {
      let sample = head.prefix(8192)
      let scalars = EncodingCandidate.decode(sample, by: "CESU-8", isCut: true)?.scalars ?? []
      return [EncodingCandidate(name: "CESU-8", scalars: scalars, score: 1).suggestion]
    }
    guard invalid > valid else { return [] }
    let unicode = EncodingCandidate.unicodeCandidates(head).filter { $0.score >= 0.6 }
    return (EncodingCandidate.byteCandidates(head) + unicode).stablySorted().suggestions
  }

  /// Returns true if all invalid sequences are surrogate pairs, which CESU-8 encodes in six bytes.
  private static func isCESU8(_ head: ArraySlice<UInt8>, invalid: Int) -> Bool {
    var pairs = 0
    var position = head.startIndex
    while position < head.endIndex {
      let (length, bad) = ICU.utf8Prefix(of: head[position...])
      position += length
      guard bad != 0 else { break }
      let rest = head[position...].prefix(6)
      guard let (_, isPair) = surrogates(rest), isPair else {
        // The sample may end within a pair.
        return pairs > 0 && head.endIndex - position < 6
      }
      pairs += 1
      position += 6
    }
    return pairs > 0
  }

  /// Returns the surrogate at the start of bytes in the form of UTF-8, which UTF-8 forbids, and
  /// true if a low surrogate follows a high one.
  static func surrogates(_ bytes: ArraySlice<UInt8>) -> (scalar: UInt32, isPair: Bool)? {
    func surrogate(_ bytes: ArraySlice<UInt8>, _ bounds: ClosedRange<UInt8>) -> UInt32? {
      let bytes = Array(bytes.prefix(3))
      guard bytes.count == 3, bytes[0] == 0xED, bounds.contains(bytes[1]),
        (0x80...0xBF).contains(bytes[2])
      else { return nil }
      return 0xD000 | UInt32(bytes[1] & 0x3F) << 6 | UInt32(bytes[2] & 0x3F)
    }
    guard let first = surrogate(bytes, 0xA0...0xBF) else { return nil }
    let isPair = first < 0xDC00 && surrogate(bytes.dropFirst(3), 0xB0...0xBF) != nil
    return (first, isPair)
  }

  /// Returns the evidence that the first bytes are not text in a byte encoding, and its offset; nil if there is none.
  static func binaryEvidence(_ head: ArraySlice<UInt8>) -> (evidence: String, offset: Int?)? {
    if let first = head.firstIndex(of: 0) { return ("it contains a NUL", first) }
    let controls = head.count { isControl($0) }
    return controls * 20 > head.count ? ("it contains too many control characters", nil) : nil
  }

  /// Returns true for a control character that text files do not contain.
  private static func isControl(_ byte: UInt8) -> Bool {
    byte < 0x20 && !(0x07...0x0D).contains(byte) && byte != 0x1B
  }
}

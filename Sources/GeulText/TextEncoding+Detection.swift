extension TextEncoding {
  /// Detects the encoding from the first bytes of a source: by its byte-order mark, else UTF-8,
  /// unless the bytes are clearly Korean in CP949.
  ///
  /// No other encoding is assumed: bytes that are invalid in UTF-8 are always valid in Latin-1, so a
  /// wrong guess would not be noticed. Instead, the error contains the result of `suggestion`.
  static func detect(_ head: ArraySlice<UInt8>, isWhole: Bool) -> TextEncoding {
    if let mark = byteOrderMark(head) { return mark }
    let (length, bad) = ICU.utf8Prefix(of: head)
    if length == head.count || (bad < 0 && !isWhole) { return .utf8 }
    let (valid, invalid) = countUTF8Sequences(head, isWhole: isWhole)
    return invalid > valid && isKorean(head, isWhole: isWhole) ? .korean : .utf8
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
    var position = 0
    while position < head.count {
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
    return others.allSatisfy { $0.confidence <= max(confidence, 10) }
  }

  /// Returns the most likely encoding of bytes that are not UTF-8; nil if they are damaged UTF-8.
  static func suggestion(for head: ArraySlice<UInt8>) -> String? {
    let (valid, invalid) = countUTF8Sequences(head, isWhole: false)
    guard invalid > valid else { return nil }
    return ICU.guessEncodings(of: head).first { $0.confidence > 10 && $0.name != "UTF-8" }?.name
  }

  /// Returns the evidence that the first bytes are not text in an 8-bit encoding, and its offset; nil if there is none.
  static func binaryEvidence(_ head: ArraySlice<UInt8>) -> (evidence: String, offset: Int?)? {
    guard byteOrderMark(head) == nil || head.first == 0xEF else { return nil }
    var controls = 0
    var zeros = [0, 0]  // at even and at odd offsets
    var first: Int?
    for index in head.indices {
      let byte = head[index]
      if byte == 0 {
        zeros[index % 2] += 1
        first = first ?? index
      } else if byte < 0x20, !(0x07...0x0D).contains(byte), byte != 0x1B {
        controls += 1
      }
    }
    if let first {
      let half = head.count / 2
      guard zeros.contains(where: { $0 * 5 > half * 2 }), zeros.contains(where: { $0 * 50 <= half })
      else { return ("it contains a NUL", first) }
      let name = zeros[0] > zeros[1] ? "UTF-16BE" : "UTF-16LE"
      return ("it contains a NUL (for \(name), use --encoding \(name))", first)
    }
    return controls * 20 > head.count ? ("it contains too many control characters", nil) : nil
  }
}

extension TextEncoding {
  /// Decides from the first bytes of a source: a mark, else UTF-8, unless the bytes are plainly
  /// Korean in CP949.
  ///
  /// Other encodings are never assumed: a byte that is wrong in UTF-8 would pass for some character
  /// of Latin-1, and the user would train on rubbish. `suggestion` names them in the error.
  static func detect(_ head: ArraySlice<UInt8>, isWhole: Bool) -> TextEncoding {
    if let mark = byteOrderMark(head) { return mark }
    let (length, bad) = ICU.utf8Prefix(of: head)
    if length == head.count || (bad < 0 && !isWhole) { return .utf8 }
    let (sequences, faults) = measureUTF8(head, isWhole: isWhole)
    return faults > sequences && isKorean(head, isWhole: isWhole) ? .korean : .utf8
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

  /// How many characters of several bytes are sound UTF-8, and how many sequences are not.
  private static func measureUTF8(_ head: ArraySlice<UInt8>, isWhole: Bool) -> (
    sound: Int, faulty: Int
  ) {
    var sound = 0
    var faulty = 0
    var at = 0
    while at < head.count {
      let (length, bad) = ICU.utf8Prefix(of: head[at...])
      for index in at..<at + length where head[index] >= 0xC0 { sound += 1 }
      at += length
      guard bad != 0 else { break }
      if bad > 0 || isWhole { faulty += 1 }
      guard bad > 0 else { break }
      at += bad
    }
    return (sound, faulty)
  }

  /// Whether the bytes are CP949 without a fault, mostly Hangul where they are not ASCII, in a
  /// number that is no accident, and no other encoding of East Asia fits their frequencies better.
  private static func isKorean(_ head: ArraySlice<UInt8>, isWhole: Bool) -> Bool {
    guard let name = korean.converter, let converter = Converter(name) else { return false }
    var text = ByteQueue()
    let (_, invalid, _) = converter.convert(head, last: isWhole, into: &text)
    guard invalid.isEmpty else { return false }

    var scalars: [UInt32] = []
    ICU.scalars(of: text.all, into: &scalars)
    // ICU also gives single bytes that mean nothing in Korean a place, among controls and in
    // private use.
    guard !scalars.contains(where: { (0x80...0x9F).contains($0) || $0 == 0xF8F7 }) else {
      return false
    }
    let foreign = scalars.count { $0 >= 0x80 }
    let hangul = scalars.count { (0xAC00...0xD7A3).contains($0) }
    guard hangul * 10 >= foreign * 6 else { return false }
    guard hangul >= 8 || (hangul >= 2 && hangul * 4 >= scalars.count) else { return false }

    let guesses = ICU.guessEncodings(of: head)
    let ours = guesses.first { $0.name == "EUC-KR" }?.confidence ?? 0
    let rivals = guesses.filter { ["GB18030", "Big5", "Shift_JIS", "EUC-JP"].contains($0.name) }
    return rivals.allSatisfy { $0.confidence <= max(ours, 10) }
  }

  /// The encoding that bytes which are not UTF-8 are likeliest in, for the user to try; nothing for
  /// UTF-8 that is damaged.
  static func suggestion(for head: ArraySlice<UInt8>) -> String? {
    let (sound, faulty) = measureUTF8(head, isWhole: false)
    guard faulty > sound else { return nil }
    return ICU.guessEncodings(of: head).first { $0.confidence > 10 && $0.name != "UTF-8" }?.name
  }

  /// By what the first bytes are seen to be no text in an encoding of bytes, and where.
  static func binarySign(_ head: ArraySlice<UInt8>) -> (sign: String, offset: Int?)? {
    guard byteOrderMark(head) == nil || head.first == 0xEF else { return nil }
    var controls = 0
    var zeros = [0, 0]  // at even and at odd places
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
      else { return ("it holds a NUL", first) }
      let name = zeros[0] > zeros[1] ? "UTF-16BE" : "UTF-16LE"
      return ("it holds a NUL (if it is \(name), say --encoding \(name))", first)
    }
    return controls * 20 > head.count ? ("it is full of control characters", nil) : nil
  }
}

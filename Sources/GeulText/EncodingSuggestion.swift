/// An encoding in which bytes may be text, with a preview by which a person can decide.
public struct EncodingSuggestion: Sendable, Equatable {
  /// The name of the encoding, such as `KOI8-R`.
  public let name: String
  /// The first characters of the decoded text, without control characters.
  public let preview: String
  /// Indicates whether Geul can read the encoding; if not, `iconv` can convert it.
  public let isSupported: Bool

  /// Creates a suggestion.
  public init(name: String, preview: String, isSupported: Bool = true) {
    self.name = name
    self.preview = preview
    self.isSupported = isSupported
  }

  /// Returns the advice of a message; `hasOption` is true if the command has the option `--encoding`.
  static func remedy(_ suggestions: [EncodingSuggestion], hasOption: Bool = true) -> String? {
    guard !suggestions.isEmpty else { return nil }
    let parts = suggestions.map { suggestion in
      suggestion.isSupported && hasOption
        ? "try --encoding \(suggestion.name) (\"\(suggestion.preview)\")"
        : "convert it with iconv -f \(suggestion.name.uppercased()) -t UTF-8, as it looks like"
          + " \(suggestion.name) (\"\(suggestion.preview)\")"
    }
    return parts.joined(separator: " or ").replacing(" or try --encoding", with: " or --encoding")
  }
}

/// A decoding of the first bytes of a source in one encoding.
struct EncodingCandidate {
  let name: String
  let scalars: [UInt32]
  let score: Double
  var isSupported = true

  /// The number of bytes that are decoded with each candidate.
  private static let sampleBytes = 8192

  var suggestion: EncodingSuggestion {
    EncodingSuggestion(name: name, preview: preview, isSupported: isSupported)
  }

  /// At most twenty characters from the start of the text, or around the first one outside ASCII.
  private var preview: String {
    let first = scalars.firstIndex { $0 >= 0x80 } ?? 0
    let start = first < 14 ? 0 : first - 6
    var view = String.UnicodeScalarView()
    for scalar in scalars[start...].prefix(20) {
      let shown = scalar < 0x20 ? 0x2400 + scalar : scalar == 0x22 ? 0x27 : scalar
      let isHidden = (0x7F...0x9F).contains(scalar) || (0x200B...0x200F).contains(scalar)
      view.append(Unicode.Scalar(isHidden ? 0xFFFD : shown) ?? "\u{FFFD}")
    }
    return (start > 0 ? "…" : "") + String(view) + (start + 20 < scalars.count ? "…" : "")
  }

  // MARK: Byte encodings

  /// The encodings that are tried, in order of preference: name, and ICU's name.
  private static let byteEncodings: [(name: String, converter: String)] = [
    ("CESU-8", "CESU-8"), ("CP949", "windows-949"), ("GB18030", "GB18030"),
    ("Shift_JIS", "Shift_JIS"), ("EUC-JP", "EUC-JP"), ("Big5", "Big5"),
    ("windows-1252", "windows-1252"), ("windows-1251", "windows-1251"), ("KOI8-R", "KOI8-R"),
    ("windows-1253", "windows-1253"), ("windows-1255", "windows-1255"),
    ("windows-1256", "windows-1256"), ("windows-1250", "windows-1250"),
    ("windows-1254", "windows-1254"), ("windows-874", "windows-874"), ("IBM866", "IBM866"),
    ("ISO-8859-5", "ISO-8859-5"), ("ISO-8859-7", "ISO-8859-7"), ("ISO-8859-2", "ISO-8859-2"),
    ("IBM850", "IBM850"), ("macintosh", "macintosh"),
  ]

  /// Returns the decodings of bytes without NUL in byte encodings that are plausible, best first.
  static func byteCandidates(_ head: ArraySlice<UInt8>) -> [EncodingCandidate] {
    guard let first = head.firstIndex(where: { $0 >= 0x80 }) else { return [] }
    let sample = head[max(head.startIndex, first - 40)...].prefix(sampleBytes)
    let isCut = sample.endIndex < head.endIndex
    let guesses = ICU.guessEncodings(of: sample)
    let hasC1 = sample.contains { (0x80...0x9F).contains($0) }
    var candidates: [EncodingCandidate] = []
    for (name, converterName) in byteEncodings {
      guard let (scalars, invalid) = decode(sample, by: converterName, isCut: isCut),
        invalid * 50 <= scalars.count
      else { continue }
      let plausibility = TextPlausibility(scalars)
      guard plausibility.foreignCount > 0,
        plausibility.invalidCount * 20 <= plausibility.foreignCount
      else { continue }
      var score = plausibility.score
      // Each of these encodings contains all characters of its neighbors' scripts.
      switch name {
      case "GB18030" where plausibility.kanaShare > 0.1: score -= 0.4
      case "Big5" where plausibility.kanaShare > 0.1: score -= 0.4
      case "CP949" where plausibility.kanaShare > 0.3: score -= 0.4
      case "Shift_JIS" where plausibility.kanaShare < 0.05: score -= 0.15
      case "EUC-JP" where plausibility.kanaShare < 0.05: score -= 0.15
      case "IBM850", "macintosh": score -= 0.4
      case "windows-874": score -= 0.2
      case "ISO-8859-2", "windows-1250", "windows-1254": score -= 0.1
      default: break
      }
      let aliases = [
        "CP949": "EUC-KR", "windows-1252": "ISO-8859-1", "windows-1253": "ISO-8859-7",
        "windows-1254": "ISO-8859-9", "windows-1250": "ISO-8859-2",
      ]
      let confidence =
        guesses.first { $0.name == name || $0.name == aliases[name] }?.confidence ?? 0
      score += Double(confidence) / 1000
      let shown = name == "windows-1252" && !hasC1 ? "ISO-8859-1" : name
      candidates.append(EncodingCandidate(name: shown, scalars: scalars, score: score))
    }
    if let scalars = Johab.decode(sample) {
      let score = TextPlausibility(scalars).score
      candidates.append(
        EncodingCandidate(name: "Johab", scalars: scalars, score: score, isSupported: false))
    }
    return candidates.filter { $0.score >= TextPlausibility.minimum }.stablySorted()
  }

  /// Decodes a sample with U+FFFD for invalid sequences; nil if ICU lacks the encoding.
  static func decode(
    _ sample: ArraySlice<UInt8>, by name: String, isCut: Bool
  ) -> (scalars: [UInt32], invalid: Int)? {
    guard let converter = Converter(name) else { return nil }
    var text = ByteQueue()
    var position = sample.startIndex
    var invalid = 0
    repeat {
      let (used, bad, _) = converter.convert(sample[position...], last: !isCut, into: &text)
      position += used
      if bad.isEmpty { break }
      invalid += 1
      text.bytes += [0xEF, 0xBF, 0xBD]
    } while position < sample.endIndex
    invalid += converter.unpairedCount
    var scalars: [UInt32] = []
    ICU.scalars(of: text.all, into: &scalars)
    return (scalars, invalid)
  }

  // MARK: UTF-16 and UTF-32

  /// The forms without a byte-order mark.
  static let unicodeForms = ["UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"]

  /// Returns the decoding of bytes in UTF-16 or UTF-32 with a byte order.
  static func unicode(_ head: ArraySlice<UInt8>, as name: String) -> EncodingCandidate {
    let size = name.hasPrefix("UTF-32") ? 4 : 2
    let isLittle = name.hasSuffix("LE")
    let sample = head.prefix(sampleBytes)
    var units: [UInt32] = []
    for start in stride(from: sample.startIndex, through: sample.endIndex - size, by: size) {
      var unit: UInt32 = 0
      for offset in 0..<size {
        let byte = sample[start + (isLittle ? size - 1 - offset : offset)]
        unit = unit << 8 | UInt32(byte)
      }
      units.append(unit)
    }
    var scalars: [UInt32] = []
    var next = 0
    while next < units.count {
      let unit = units[next]
      next += 1
      if size == 2, (0xD800...0xDBFF).contains(unit), next < units.count,
        (0xDC00...0xDFFF).contains(units[next])
      {
        scalars.append(0x10000 + (unit - 0xD800) << 10 + (units[next] - 0xDC00))
        next += 1
      } else {
        scalars.append(unit)
      }
    }
    // A character that was cut off in the middle is no evidence.
    if let last = scalars.last, (0xD800...0xDBFF).contains(last) { scalars.removeLast() }
    var score = scalars.isEmpty ? -4 : TextPlausibility(scalars, countsASCII: true).score
    // Few other bytes are valid UTF-32: one in four of each scalar is 0.
    if size == 4, scalars.allSatisfy({ Unicode.Scalar($0) != nil }) { score += 0.3 }
    return EncodingCandidate(name: name, scalars: scalars, score: score)
  }

  /// Returns the decodings of bytes in UTF-16 and UTF-32, best first.
  static func unicodeCandidates(_ head: ArraySlice<UInt8>) -> [EncodingCandidate] {
    unicodeForms.map { unicode(head, as: $0) }.stablySorted()
  }
}

extension [EncodingCandidate] {
  /// Sorts by descending score and keeps the order of equal ones.
  func stablySorted() -> [EncodingCandidate] {
    enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }
      .map(\.element)
  }

  /// The best candidate, and the second if the difference is too small to be sure.
  var suggestions: [EncodingSuggestion] {
    guard let best = first else { return [] }
    let second = dropFirst().first {
      $0.scalars != best.scalars && $0.score > best.score - 0.15
    }
    return [best.suggestion] + (second.map { [$0.suggestion] } ?? [])
  }
}

/// Johab (KS X 1001 annex 3), a Korean encoding of five bits per jamo that ICU lacks.
enum Johab {
  private static let vowels: [UInt32?] = [
    nil, nil, nil, 0, 1, 2, 3, 4, nil, nil, 5, 6, 7, 8, 9, 10, nil, nil, 11, 12, 13, 14, 15, 16,
    nil, nil, 17, 18, 19, 20, nil, nil,
  ]

  /// Decodes bytes; nil if they are not valid Johab or contain no syllable.
  static func decode(_ bytes: ArraySlice<UInt8>) -> [UInt32]? {
    var scalars: [UInt32] = []
    var syllables = 0
    var position = bytes.startIndex
    while position < bytes.endIndex {
      let byte = bytes[position]
      position += 1
      if byte < 0x80 {
        scalars.append(UInt32(byte))
        continue
      }
      guard position < bytes.endIndex else { break }
      let trail = bytes[position]
      position += 1
      if let syllable = syllable(byte, trail) {
        scalars.append(syllable)
        syllables += 1
      } else if let other = other(byte, trail) {
        scalars.append(other)
      } else {
        return nil
      }
    }
    return syllables > 0 ? scalars : nil
  }

  private static func syllable(_ byte: UInt8, _ trail: UInt8) -> UInt32? {
    guard (0x84...0xD3).contains(byte) else { return nil }
    let code = UInt32(byte) << 8 | UInt32(trail)
    let (lead, vowel, final) = (code >> 10 & 31, Int(code >> 5 & 31), code & 31)
    guard (2...20).contains(lead), let vowel = vowels[vowel] else {
      // A jamo alone: the other parts are fillers.
      let fillers = (lead == 1 ? 1 : 0) + (vowel == 2 ? 1 : 0) + (final == 1 ? 1 : 0)
      return fillers == 2 ? 0x3131 : nil
    }
    let index: UInt32
    switch final {
    case 1...17: index = final - 1
    case 19...29: index = final - 2
    default: return nil
    }
    return 0xAC00 + (lead - 2) * 588 + vowel * 28 + index
  }

  /// Decodes a symbol or a hanja, which are in the order of KS X 1001.
  private static func other(_ byte: UInt8, _ trail: UInt8) -> UInt32? {
    let (start, row): (UInt8, UInt8)
    switch byte {
    case 0xD9...0xDE: (start, row) = (0xD9, 1)
    case 0xE0...0xF9: (start, row) = (0xE0, 42)
    default: return nil
    }
    let cell: UInt8
    switch trail {
    case 0x31...0x7E: cell = trail - 0x30
    case 0x91...0xA0: cell = trail - 0x91 + 79
    case 0xA1...0xFE: cell = trail - 0xA0
    default: return nil
    }
    let plane = row + (byte - start) * 2 + (trail >= 0xA1 ? 1 : 0)
    let bytes = [plane + 0xA0, cell + 0xA0]
    return EncodingCandidate.decode(bytes[...], by: "windows-949", isCut: false)?.scalars.first
  }
}

/// What to do with bytes that the encoding does not allow.
public enum InvalidBytePolicy: String, Codable, Sendable, CaseIterable {
  /// Refuse the text, and say where they are.
  case error
  /// Put U+FFFD in their place, and say how often.
  case replace
}

/// Turns a source into valid UTF-8 without NUL, a block at a time: finds the encoding, drops a
/// byte-order mark, refuses what is no text.
struct TextReader: ~Copyable {
  /// How a source is to be read.
  struct Rules {
    var encoding: String?
    var invalid = InvalidBytePolicy.error
    /// The bytes as they stand, unless an encoding is named.
    var isRaw = false
    var blockBytes = 1 << 18
  }

  let name: String
  let encoding: TextEncoding
  /// Decoded text that nobody has taken yet.
  var text = ByteQueue()
  /// The bytes that were read last, not decoded.
  private(set) var block: [UInt8] = []
  private(set) var isAtEnd = false
  private(set) var byteCount = 0
  private(set) var hadMark = false

  private let rules: Rules
  private let converter: Converter?
  private var source: ByteReader
  private var head: [UInt8]
  private var raw = ByteQueue()  // UTF-8 that is not yet checked
  private var checked = 0  // how many bytes of the source come before it
  private var hasBegun = false
  private var replaced = 0
  private var firstReplaced: Int?

  /// How much of a source is looked at before its encoding is decided, and before it is taken for
  /// text.
  private static let headBytes = 1 << 18, signBytes = 1 << 16

  init(_ source: TextSource, _ rules: Rules) throws(TextError) {
    var reader = try ByteReader(source)
    var head: [UInt8] = []
    var more = true
    while more, head.count < Self.headBytes {
      more = try reader.read(Self.headBytes - head.count, into: &head)
    }
    let encoding: TextEncoding
    if let named = rules.encoding {
      encoding = try .named(named)
    } else if rules.isRaw {
      encoding = .utf8
    } else {
      let beginning = head.prefix(Self.signBytes)
      if rules.invalid == .error, let (sign, offset) = TextEncoding.binarySign(beginning) {
        throw TextError(.binary(sign), in: source.name, at: offset)
      }
      encoding = .detect(head[...], isWhole: !more)
    }
    name = source.name
    converter = encoding.converter.flatMap { Converter($0) }
    self.encoding = encoding
    self.rules = rules
    self.source = reader
    self.head = head
  }

  /// Reads the next block and adds it, decoded, to `text`.
  mutating func fill() throws(TextError) {
    block.removeAll(keepingCapacity: true)
    if head.isEmpty {
      isAtEnd = try !source.read(rules.blockBytes, into: &block)
    } else if head.count <= rules.blockBytes {
      swap(&block, &head)
    } else {
      block = Array(head.prefix(rules.blockBytes))
      head.removeFirst(rules.blockBytes)
    }
    let before = byteCount
    byteCount += block.count
    if rules.isRaw, rules.encoding == nil {
      text.bytes += block
      return
    }
    if let converter {
      try convert(by: converter, from: before)
    } else {
      raw.bytes += block
    }
    try check()
    if !hasBegun, !text.bytes.isEmpty {
      hasBegun = true
      hadMark = text.bytes.starts(with: [0xEF, 0xBB, 0xBF])
      if hadMark { text.removeFirst(3) }
    }
  }

  private mutating func convert(by converter: Converter, from start: Int) throws(TextError) {
    var at = 0
    repeat {
      let (used, invalid, ahead) = converter.convert(block[at...], last: isAtEnd, into: &raw)
      at += used
      if invalid.isEmpty { return }
      // Between two blocks ICU may have taken a byte more than it says.
      let offset = max(0, start + at - ahead - invalid.count)
      try refuse(invalid, at: offset - offset % encoding.unitBytes)
      raw.bytes += Self.replacement
    } while at < block.count
  }

  /// Moves what is valid from `raw` to `text`.
  private mutating func check() throws(TextError) {
    var at = 0
    while true {
      let (length, bad) = ICU.utf8Prefix(of: raw.bytes[at...])
      text.bytes += raw.bytes[at..<at + length]
      at += length
      let fault = bad >= 0 ? bad : isAtEnd ? raw.count - at : 0
      guard fault > 0 else { break }
      try refuse(
        Array(raw.bytes[at..<at + fault]), at: converter == nil ? checked + at : nil)
      text.bytes += Self.replacement
      at += fault
    }
    raw.removeFirst(at)
    checked += at
  }

  private static let replacement = Array("\u{FFFD}".utf8)

  private mutating func refuse(_ bytes: [UInt8], at offset: Int?) throws(TextError) {
    if rules.invalid == .replace {
      replaced += 1
      firstReplaced = firstReplaced ?? offset
    } else if bytes == [0] {
      throw TextError(.binary("it holds a NUL"), in: name, at: offset)
    } else {
      let suggestion = encoding == .utf8 ? TextEncoding.suggestion(for: block[...]) : nil
      throw TextError(
        .invalidBytes(bytes, encoding: encoding.name, suggestion: suggestion), in: name, at: offset)
    }
  }

  /// What the user should hear of this source, once it is read.
  var notes: [String] {
    var notes: [String] = []
    if byteCount == 0 { notes.append("\(name): the file is empty.") }
    if encoding.isGuess {
      notes.append(
        "\(name): read as \(encoding.name), found out from its bytes; --encoding decides.")
    }
    if hadMark {
      let sort = encoding == .utf8 ? "" : " \(encoding.name)"
      notes.append("\(name): the\(sort) byte-order mark at its beginning was dropped.")
    }
    if replaced > 0 {
      let place = firstReplaced.map { ", the first at byte \($0)" } ?? ""
      notes.append("\(name): invalid sequences replaced by U+FFFD: \(replaced)\(place).")
    }
    return notes
  }
}

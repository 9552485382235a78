/// The handling of bytes that are invalid in the encoding of a text.
public enum InvalidBytePolicy: String, Codable, Sendable, CaseIterable {
  /// Throws an error with the offset.
  case error
  /// Replaces them with U+FFFD, and reports their number in the notes.
  case replace
}

/// Decodes a source into valid UTF-8 without NUL, block by block.
///
/// Detects the encoding, removes a byte-order mark and rejects data that is not text.
struct TextReader: ~Copyable {
  /// Options for reading a source.
  struct Rules {
    var encoding: String?
    var invalid = InvalidBytePolicy.error
    /// Reads the bytes unchanged, unless an encoding is given.
    var isRaw = false
    var blockBytes = 1 << 18
  }

  let name: String
  let encoding: TextEncoding
  /// The decoded text that the caller has not removed yet.
  var text = ByteQueue()
  /// The bytes of the last block before decoding.
  private(set) var block: [UInt8] = []
  private(set) var isAtEnd = false
  private(set) var byteCount = 0
  private(set) var hasByteOrderMark = false

  private let rules: Rules
  private let converter: Converter?
  private var source: ByteReader
  private var head: [UInt8]
  /// UTF-8 that has not been validated yet.
  private var raw = ByteQueue()
  /// The number of bytes of the source before `raw`.
  private var validated = 0
  private var hasBegun = false
  private var replaced = 0
  private var firstReplaced: Int?

  /// The number of bytes that are examined to detect the encoding.
  private static let headBytes = 1 << 18
  /// The number of bytes that are examined to reject data that is not text.
  private static let binaryCheckBytes = 1 << 16

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
      let start = head.prefix(Self.binaryCheckBytes)
      if rules.invalid == .error, let (evidence, offset) = TextEncoding.binaryEvidence(start) {
        throw TextError(.binary(evidence), in: source.name, at: offset)
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

  /// Reads the next block and appends it, decoded, to `text`.
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
    try validate()
    if !hasBegun, !text.bytes.isEmpty {
      hasBegun = true
      hasByteOrderMark = text.bytes.starts(with: [0xEF, 0xBB, 0xBF])
      if hasByteOrderMark { text.removeFirst(3) }
    }
  }

  private mutating func convert(by converter: Converter, from start: Int) throws(TextError) {
    var position = 0
    repeat {
      let (used, invalid, ahead) = converter.convert(block[position...], last: isAtEnd, into: &raw)
      position += used
      if invalid.isEmpty { return }
      // Between two blocks, ICU may have consumed one byte more than it reports.
      let offset = max(0, start + position - ahead - invalid.count)
      try handleInvalid(invalid, at: offset - offset % encoding.codeUnitBytes)
      raw.bytes += Self.replacement
    } while position < block.count
  }

  /// Moves valid UTF-8 from `raw` to `text`.
  private mutating func validate() throws(TextError) {
    var position = 0
    while true {
      let (length, bad) = ICU.utf8Prefix(of: raw.bytes[position...])
      text.bytes += raw.bytes[position..<position + length]
      position += length
      let invalid = bad >= 0 ? bad : isAtEnd ? raw.count - position : 0
      guard invalid > 0 else { break }
      try handleInvalid(
        Array(raw.bytes[position..<position + invalid]),
        at: converter == nil ? validated + position : nil)
      text.bytes += Self.replacement
      position += invalid
    }
    raw.removeFirst(position)
    validated += position
  }

  private static let replacement = Array("\u{FFFD}".utf8)

  private mutating func handleInvalid(_ bytes: [UInt8], at offset: Int?) throws(TextError) {
    if rules.invalid == .replace {
      replaced += 1
      firstReplaced = firstReplaced ?? offset
    } else if bytes == [0] {
      throw TextError(.binary("it contains a NUL"), in: name, at: offset)
    } else {
      let suggestion = encoding == .utf8 ? TextEncoding.suggestion(for: block[...]) : nil
      throw TextError(
        .invalidBytes(bytes, encoding: encoding.name, suggestion: suggestion), in: name, at: offset)
    }
  }

  /// Messages for the user about the source, complete once it has been read.
  var notes: [String] {
    var notes: [String] = []
    if byteCount == 0 { notes.append("\(name): the file is empty.") }
    if encoding.isGuess {
      notes.append(
        "\(name): read as \(encoding.name), detected from its bytes; --encoding overrides it.")
    }
    if hasByteOrderMark {
      let prefix = encoding == .utf8 ? "" : " \(encoding.name)"
      notes.append("\(name): the\(prefix) byte-order mark was removed.")
    }
    if replaced > 0 {
      let first = firstReplaced.map { ", the first at byte \($0)" } ?? ""
      notes.append("\(name): invalid byte sequences replaced with U+FFFD: \(replaced)\(first).")
    }
    return notes
  }
}

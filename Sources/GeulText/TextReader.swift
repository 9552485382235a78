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
    /// Indicates whether notes may advise the option `--encoding`.
    var hasEncodingOption = true
  }

  let encoding: TextEncoding
  /// The decoded text that the caller has not removed yet.
  var text = ByteQueue()
  /// The bytes of the last block before decoding.
  private(set) var block: [UInt8] = []
  private(set) var isAtEnd = false
  /// The offset of the next byte to be read.
  private(set) var byteCount = 0

  private let rules: Rules
  private let converter: Converter?
  private var source: ByteReader
  private var head: ArraySlice<UInt8>
  /// The first bytes, kept to suggest an encoding if bytes are invalid in UTF-8.
  private let sample: ArraySlice<UInt8>
  /// UTF-8 that has not been validated yet.
  private var raw = ByteQueue()
  /// The number of bytes of the source before `raw`.
  private var validated = 0
  private var record: SourceSummary
  /// NULs that are still to be replaced, some in each call of `fill`.
  private var owedReplacements = 0
  private var marks: MarkFilter
  /// The offset of the first byte to be read.
  private let start: Int

  /// The number of bytes that are examined to detect the encoding.
  private static let headBytes = 1 << 18
  /// The number of bytes from which an encoding is suggested.
  private static let sampleBytes = 1 << 16

  /// Opens a source, and detects its encoding.
  ///
  /// - Parameters:
  ///   - source: A source that is not a folder.
  ///   - rules: How it is read.
  ///   - range: The bytes to read, which begin and end at a line break; nil to read all.
  /// - Throws: `TextError` if it cannot be opened, or is not text in the given encoding.
  init(_ source: TextSource, _ rules: Rules, range: Range<Int>? = nil) throws(TextError) {
    var reader = try ByteReader(source)
    var head: [UInt8] = []
    var more = true
    while more, head.count < Self.headBytes {
      more = try reader.read(Self.headBytes - head.count, into: &head)
    }
    let encoding: TextEncoding
    var doubt: EncodingSuggestion?
    if let named = rules.encoding {
      encoding = try TextEncoding.named(named).withByteOrder(head[...], in: source.name)
      if rules.invalid == .error, let mark = encoding.contradiction(head[...]) {
        let suggestions = TextEncoding.suggestions(for: head[...])
        throw TextError(
          .invalidBytes(
            Array(head.prefix(mark.codeUnitBytes)), encoding: encoding.name,
            suggestions: suggestions), in: source.name, at: 0)
      }
      doubt = rules.isRaw ? nil : encoding.doubt(head[...])
    } else {
      switch rules.isRaw ? .encoding(.utf8) : TextEncoding.detect(head[...], isWhole: !more) {
      case .encoding(let detected): encoding = detected
      case .binary(let evidence, let offset):
        guard rules.invalid == .replace else {
          throw TextError(.binary(evidence), in: source.name, at: offset)
        }
        encoding = .utf8
      }
    }
    if let range { reader = try ByteReader(source, range: range) }
    converter = encoding.converter.flatMap { Converter($0) }
    self.encoding = encoding
    self.rules = rules
    start = range?.lowerBound ?? 0
    (byteCount, validated) = (start, start)
    self.source = reader
    self.head = range == nil ? head[...] : []
    record = SourceSummary(
      name: source.name, encoding, doubt: doubt, hasOption: rules.hasEncodingOption)
    sample = encoding == .utf8 && !rules.isRaw ? head.prefix(Self.sampleBytes) : []
    marks = MarkFilter(followsLineBreak: start > 0)
    marks.isActive = !rules.isRaw
  }

  /// The name of the source.
  var name: String { record.name }

  /// Indicates whether the source can be read in parts that end at a line feed: a byte of 0x0A is one in UTF-8.
  var isDivisible: Bool { converter == nil }

  /// Reads the next block and appends it, decoded, to `text`.
  mutating func fill() throws(TextError) {
    block.removeAll(keepingCapacity: true)
    if owedReplacements > 0 {
      try validate()
      return
    }
    if head.isEmpty {
      isAtEnd = try !source.read(rules.blockBytes, into: &block)
    } else {
      block += head.prefix(rules.blockBytes)
      head = head.count > rules.blockBytes ? head.dropFirst(rules.blockBytes) : []
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
  }

  /// Indicates whether the source starts with a byte-order mark.
  var hasByteOrderMark: Bool { marks.hasByteOrderMark }

  private mutating func convert(by converter: Converter, from start: Int) throws(TextError) {
    var position = 0
    let unpaired = converter.unpairedCount
    repeat {
      let (used, invalid, ahead) = converter.convert(block[position...], last: isAtEnd, into: &raw)
      position += used
      if invalid.isEmpty { break }
      if isAtEnd, !rules.isRaw, invalid.allSatisfy({ $0 == 0 }) {
        // A run of NULs at the end that is not a multiple of the code unit.
        raw.bytes.append(0)
        continue
      }
      // Between two blocks, ICU may have consumed one byte more than it reports.
      let offset = max(0, start + position - ahead - invalid.count)
      try handleInvalid(invalid, at: offset - offset % encoding.codeUnitBytes)
      raw.bytes += Self.replacement
      marks.ownReplacements += 1
    } while position < block.count
    let more = converter.unpairedCount - unpaired
    guard more > 0 else { return }
    guard rules.invalid == .replace else {
      throw TextError(.binary("it contains a lone surrogate of \(encoding.name)"), in: name)
    }
    record.replaced += more
    marks.ownReplacements += more
  }

  /// Moves valid UTF-8 from `raw` to `text`.
  private mutating func validate() throws(TextError) {
    var position = 0
    while true {
      if owedReplacements > 0 {
        // A run of NULs may be far larger than memory.
        let count = min(owedReplacements, Self.headBytes)
        for _ in 0..<count { text.bytes += Self.replacement }
        owedReplacements -= count
        if owedReplacements > 0 { break }
      }
      let (length, bad) = ICU.utf8Prefix(of: raw.bytes[position...])
      if record.zeros > 0, position < raw.count, raw.bytes[position] != 0 {
        try replaceZeros()
        continue
      }
      marks.append(raw.bytes[position..<position + length], to: &text)
      position += length
      let invalid = bad >= 0 ? bad : isAtEnd ? raw.count - position : 0
      guard invalid > 0 else { break }
      if raw.bytes[position] == 0, !rules.isRaw {
        let end = raw.bytes[position...].firstIndex { $0 != 0 } ?? raw.count
        if record.zeros == 0 { record.zerosOffset = converter == nil ? validated + position : nil }
        record.zeros += end - position
        position = end
        continue
      }
      let rest = raw.bytes[position...]
      var bytes = Array(rest.prefix(invalid))
      if converter == nil, rules.invalid == .error, bytes == [0xED] {
        // The message names a surrogate, which may continue in the next block.
        if rest.count < 6, !isAtEnd { break }
        if let (_, isPair) = TextEncoding.surrogates(rest) {
          bytes = Array(rest.prefix(isPair ? 6 : 3))
        }
      }
      try handleInvalid(bytes, at: converter == nil ? validated + position : nil)
      text.bytes += Self.replacement
      marks.endsLine = false
      position += invalid
    }
    raw.removeFirst(position)
    validated += position
  }

  /// Handles a run of NULs that other text follows.
  private mutating func replaceZeros() throws(TextError) {
    guard rules.invalid == .replace else {
      throw TextError(.binary("it contains a NUL"), in: name, at: record.zerosOffset)
    }
    record.replaced += record.zeros
    record.firstReplaced = record.firstReplaced ?? record.zerosOffset
    owedReplacements = record.zeros
    record.zeros = 0
    marks.endsLine = false
  }

  private static let replacement = Array("\u{FFFD}".utf8)

  private mutating func handleInvalid(_ bytes: [UInt8], at offset: Int?) throws(TextError) {
    if rules.invalid == .replace {
      record.replaced += 1
      record.firstReplaced = record.firstReplaced ?? offset
    } else if bytes == [0] {
      throw TextError(.binary("it contains a NUL"), in: name, at: offset)
    } else {
      var suggestions: [EncodingSuggestion] = []
      if encoding == .utf8 {
        // A later block may start within a character of UTF-8.
        let rest = block.dropFirst(block.prefix(3).prefix { (0x80...0xBF).contains($0) }.count)
        suggestions = TextEncoding.suggestions(for: (offset ?? 0) < sample.count ? sample : rest)
      }
      throw TextError(
        .invalidBytes(bytes, encoding: encoding.name, suggestions: suggestions), in: name,
        at: offset)
    }
  }

  /// What has been found in the source, complete once it has been read.
  var summary: SourceSummary {
    var summary = record
    summary.byteCount = byteCount - start
    summary.hasByteOrderMark = marks.hasByteOrderMark
    summary.marks = marks.counts
    return summary
  }
}

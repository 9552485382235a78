/// Counts everything that a `TextReport` tells, in one pass.
struct TextStatistics {
  private var sources: [TextReport.Source] = []
  private var cuts: [UnitCount]
  private var bytes = [Int](repeating: 0, count: 256)
  private var plain = UnitCount(Tokenizer(unit: .codepoint, normalization: .none))
  private var forms: [FormCheck] = [.nfc, .nfd, .nfkc].map { FormCheck(form: $0) }

  init(_ form: NormalForm) {
    cuts = [TokenUnit.grapheme, .codepoint, .jamo].map { unit in
      UnitCount(Tokenizer(unit: unit, normalization: form))
    }
  }

  var hasText: Bool { plain.byteCount > 0 }

  /// Counts a source, and answers what the user should hear of it.
  mutating func read(_ source: TextSource, _ options: CorpusOptions) throws(TextError) -> [String] {
    var rules = options.readerRules
    rules.isRaw = false
    var reader = try TextReader(source, rules)
    while !reader.isAtEnd {
      try reader.fill()
      for byte in reader.block { bytes[Int(byte)] += 1 }
      for index in cuts.indices {
        cuts[index].add(reader.text, last: reader.isAtEnd)
        try cuts[index].cutter.checkPatience(reader.name, reader.byteCount)
      }
      for index in forms.indices { forms[index].add(reader.text, last: reader.isAtEnd) }
      plain.add(reader.text, last: reader.isAtEnd)
      reader.text.removeFirst(reader.text.count)
    }
    sources.append(
      TextReport.Source(
        name: reader.name, byteCount: reader.byteCount, encoding: reader.encoding.name,
        hasByteOrderMark: reader.hadMark))
    return reader.notes
  }

  func report(notes: [String]) -> TextReport {
    var scripts: [Int: Int] = [:]
    var controls: [TextReport.Rare] = []
    var (cr, lf) = (0, 0)
    for (_, unit, count) in plain.census.ranked() {
      guard let scalar = unit.unicodeScalars.first else { continue }
      scripts[ICU.script(of: scalar.value), default: 0] += count
      switch scalar {
      case "\r": cr = count
      case "\n": lf = count
      case "\t": break
      case _ where scalar.properties.generalCategory == .control:
        controls.append(.init(unit: unit, name: describe(unit), count: count))
      default: break
      }
    }
    let crlf = cuts[0].census.ranked().first { $0.unit == "\r\n" }?.count ?? 0
    return TextReport(
      sources: sources,
      units: cuts.map { $0.summary } + [byteSummary],
      lineEnds: .init(crlf: crlf, cr: cr - crlf, lf: lf - crlf),
      normalForms: forms.filter(\.holds).map(\.form),
      scripts: scripts.map { .init(name: ICU.scriptName($0.key), count: $0.value) }
        .sorted { ($1.count, $0.name) < ($0.count, $1.name) },
      controls: controls, notes: notes)
  }

  private var byteSummary: TextReport.Units {
    let met = bytes.indices.filter { bytes[$0] > 0 }
    let rarest = met.sorted { (bytes[$0], $0) < (bytes[$1], $1) }.prefix(10).map { byte in
      let unit = String(Unicode.Scalar(UInt8(byte)))
      let name = "byte " + hexadecimal([UInt8(byte)])
      return TextReport.Rare(unit: unit, name: name, count: bytes[byte])
    }
    return TextReport.Units(
      unit: .byte, count: bytes.reduce(0, +), vocabularySize: met.count, bytesPerUnit: 1,
      rarest: Array(rarest), onceCount: bytes.count { $0 == 1 })
  }
}

/// The census of one kind of unit.
private struct UnitCount {
  private(set) var census = TokenCounter()
  private let unit: TokenUnit
  private(set) var cutter: TokenSegmenter
  private var queue = ByteQueue()

  init(_ tokenizer: Tokenizer) {
    unit = tokenizer.unit
    cutter = TokenSegmenter(tokenizer)
  }

  var byteCount: Int { cutter.byteCount }

  mutating func add(_ text: ByteQueue, last: Bool) {
    queue.bytes += text.bytes
    cutter.cut(&queue, last: last)
    census.add(&cutter.units)
  }

  var summary: TextReport.Units {
    let ranked = census.ranked()
    let count = census.counts.reduce(0, +)
    return TextReport.Units(
      unit: unit, count: count, vocabularySize: ranked.count,
      bytesPerUnit: Double(byteCount) / Double(max(1, count)),
      rarest: ranked.suffix(10).reversed().map { _, unit, count in
        .init(unit: unit, name: describe(unit), count: count)
      },
      onceCount: ranked.count { $0.count == 1 })
  }
}

/// Whether a text is in a normal form: whether normalising changes nothing.
private struct FormCheck {
  let form: NormalForm
  private(set) var holds = true
  private var queue = ByteQueue()
  private var normal = ByteQueue()

  init(form: NormalForm) { self.form = form }

  mutating func add(_ text: ByteQueue, last: Bool) {
    guard holds else { return }
    queue.bytes += text.bytes
    let used = ICU.normalize(queue.all, form, last: last, into: &normal)
    holds = queue.bytes.prefix(used).elementsEqual(normal.bytes)
    queue.removeFirst(used)
    normal.removeFirst(normal.count)
  }
}

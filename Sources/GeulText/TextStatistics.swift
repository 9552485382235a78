/// Collects the statistics of a `TextReport` in one pass.
struct TextStatistics {
  private var sources: [TextReport.Source] = []
  private var tokenizations: [Tokenization]
  private var byteFrequencies = [Int](repeating: 0, count: 256)
  private var codePoints = Tokenization(Tokenizer(unit: .codepoint, normalization: .none))
  private var forms: [NormalFormCheck] = [.nfc, .nfd, .nfkc].map { NormalFormCheck(form: $0) }

  init(_ form: NormalForm) {
    tokenizations = [TokenUnit.grapheme, .codepoint, .jamo].map { unit in
      Tokenization(Tokenizer(unit: unit, normalization: form))
    }
  }

  var hasText: Bool { codePoints.byteCount > 0 }

  /// Reads a source, and returns messages for the user.
  mutating func read(_ source: TextSource, _ options: CorpusOptions) throws(TextError) -> [String] {
    var rules = options.readerRules
    rules.isRaw = false
    var reader = try TextReader(source, rules)
    while !reader.isAtEnd {
      try reader.fill()
      for byte in reader.block { byteFrequencies[Int(byte)] += 1 }
      for index in tokenizations.indices {
        tokenizations[index].add(reader.text, last: reader.isAtEnd)
        try tokenizations[index].segmenter.checkTokenSize(reader.name, reader.byteCount)
      }
      for index in forms.indices { forms[index].add(reader.text, last: reader.isAtEnd) }
      codePoints.add(reader.text, last: reader.isAtEnd)
      reader.text.removeFirst(reader.text.count)
    }
    sources.append(
      TextReport.Source(
        name: reader.name, byteCount: reader.byteCount, encoding: reader.encoding.name,
        hasByteOrderMark: reader.hasByteOrderMark))
    return reader.summary.notes
  }

  func report(notes: [String]) -> TextReport {
    var scripts: [Int: Int] = [:]
    var controls: [TextReport.TokenFrequency] = []
    var (cr, lf) = (0, 0)
    for ranked in codePoints.counter.ranked() {
      let (token, count) = (ranked.token, ranked.count)
      guard let scalar = token.unicodeScalars.first else { continue }
      scripts[ICU.script(of: scalar.value), default: 0] += count
      switch scalar {
      case "\r": cr = count
      case "\n": lf = count
      case "\t": break
      case _ where scalar.properties.generalCategory == .control:
        controls.append(.init(token: token, name: describe(token), count: count))
      default: break
      }
    }
    let ranked = tokenizations.map { $0.counter.ranked() }
    // The first token unit is the grapheme, which is the only one with CR LF as a token.
    let crlf = ranked[0].first { $0.token == "\r\n" }?.count ?? 0
    return TextReport(
      sources: sources,
      tokenStatistics: zip(tokenizations, ranked).map { $0.statistics($1) } + [byteStatistics],
      lineEndings: .init(crlf: crlf, cr: cr - crlf, lf: lf - crlf),
      normalForms: forms.filter(\.holds).map(\.form),
      scripts: scripts.map { .init(name: ICU.scriptName($0.key), count: $0.value) }
        .sorted { ($1.count, $0.name) < ($0.count, $1.name) },
      controls: controls, notes: notes)
  }

  private var byteStatistics: TextReport.TokenStatistics {
    let bytes = byteFrequencies
    let used = bytes.indices.filter { bytes[$0] > 0 }
    let rarest = used.sorted { (bytes[$0], $0) < (bytes[$1], $1) }.prefix(10).map { byte in
      let token = String(Unicode.Scalar(UInt8(byte)))
      let name = "byte " + hexadecimal([UInt8(byte)])
      return TextReport.TokenFrequency(token: token, name: name, count: bytes[byte])
    }
    return TextReport.TokenStatistics(
      unit: .byte, count: bytes.reduce(0, +), vocabularySize: used.count, bytesPerToken: 1,
      rarest: Array(rarest), onceCount: bytes.count { $0 == 1 })
  }
}

/// The token counts of a text with one tokenizer.
private struct Tokenization {
  private(set) var counter = TokenCounter()
  private let unit: TokenUnit
  private(set) var segmenter: TokenSegmenter
  private var queue = ByteQueue()

  init(_ tokenizer: Tokenizer) {
    unit = tokenizer.unit
    segmenter = TokenSegmenter(tokenizer)
  }

  var byteCount: Int { segmenter.byteCount }

  mutating func add(_ text: ByteQueue, last: Bool) {
    queue.bytes += text.bytes
    segmenter.segment(&queue, last: last)
    counter.add(&segmenter.tokens)
  }

  /// Returns the statistics of the tokens; `ranked` is the result of `counter.ranked()`.
  func statistics(
    _ ranked: [CorpusSummary.TokenCount]
  ) -> TextReport.TokenStatistics {
    let count = counter.counts.reduce(0, +)
    return TextReport.TokenStatistics(
      unit: unit, count: count, vocabularySize: ranked.count,
      bytesPerToken: Double(byteCount) / Double(max(1, count)),
      rarest: ranked.suffix(10).reversed().map {
        .init(token: $0.token, name: describe($0.token), count: $0.count)
      },
      onceCount: ranked.count { $0.count == 1 })
  }
}

/// Tests whether a text is in a normal form, that is, whether normalization does not change it.
private struct NormalFormCheck {
  let form: NormalForm
  private(set) var holds = true
  private var queue = ByteQueue()
  private var normal = ByteQueue()
  private var retry = RetryLimit()

  init(form: NormalForm) { self.form = form }

  mutating func add(_ text: ByteQueue, last: Bool) {
    guard holds else { return }
    queue.bytes += text.bytes
    guard retry.permits(queue.count) || last else { return }
    let used = ICU.normalize(queue.all, form, last: last, into: &normal)
    retry.update(used: used, of: queue.count)
    holds = queue.bytes.prefix(used).elementsEqual(normal.bytes)
    queue.removeFirst(used)
    normal.removeFirst(normal.count)
  }
}

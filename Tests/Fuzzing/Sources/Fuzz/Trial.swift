import Geul

/// What the readers are tried with: small, and the same each time.
enum Trial {
  static let kernels = Kernels(.portable)
  static let encodings = CorpusOptions.encodings

  static let text = String(repeating: "the lamp on the hen 등대지기 ", count: 10)
  static let corpus = sure(try? Corpus.read([.text(text)]))

  /// A run that has not begun.
  static let checkpoint: SafetensorsFile = {
    var settings = TrainingConfiguration()
    settings.architecture = Architecture(cell: .lstm, layers: 1, hidden: 8)
    (settings.batch, settings.length) = (2, 8)
    return Checkpoint.fresh(
      settings, text: RunState.TextChoice(sources: ["text"]), corpus: corpus, kernels: kernels
    ).safetensors
  }()

  private static let model = sure(try? Model(checkpoint, name: "trial"))

  static let compressor = Compressor(model, kernels: kernels, pool: ThreadPool(1))
  static let archive = compressor.compress(Array("the hen".utf8))

  /// A decoder of each unit, with as many ids as it has.
  static let decoders: [(decoder: StreamDecoder, count: Int)] = TokenUnit.allCases.map { unit in
    let tokenizer = Tokenizer(unit: unit)
    let everyByte = Array(0...255 as ClosedRange<UInt8>)
    let source =
      unit == .byte
      ? TextSource.bytes(everyByte, name: "bytes")
      : .text("abc 각갂힣글ㄱㅏ\u{1100}\u{1161}\u{11A8}\u{A960}\u{D7B0}é👩‍👩‍👧")
    let corpus = sure(
      try? Corpus.read([source], options: CorpusOptions(tokenizer: tokenizer)))
    return (
      StreamDecoder(tokenizer: tokenizer, vocabulary: corpus.vocabulary), corpus.vocabulary.count
    )
  }

  /// What is always there.
  private static func sure<Value>(_ value: Value?) -> Value {
    guard let value else { fatalError("the trial itself does not work") }
    return value
  }
}

import GeulCompression
import GeulCompute
import GeulModel
import GeulStorage
import GeulText
import GeulTraining

/// Fixed small inputs for the readers.
enum Fixture {
  static let context = ComputeContext(Kernels(.portable))
  static let encodings = CorpusOptions.encodings

  static let text = String(repeating: "the lamp on the hen 등대지기 ", count: 10)
  static let corpus = required(try? Corpus.read([.text(text)]))

  /// The checkpoint of a run before its first step.
  static let checkpoint: SafetensorsFile = {
    var configuration = TrainingConfiguration()
    configuration.architecture = Architecture(cell: .lstm, layers: 1, hidden: 8)
    (configuration.batch, configuration.length) = (2, 8)
    return Checkpoint.initial(
      configuration, text: RunState.TextSelection(sources: ["text"]), corpus: corpus
    ).safetensors
  }()

  private static let model = required(try? Model(checkpoint, name: "fixture"))

  static let compressor = Compressor(model, context: context)
  static let archive = compressor.compress(Array("the hen".utf8))

  /// A decoder of each unit, and the size of its vocabulary.
  static let decoders: [(decoder: StreamDecoder, count: Int)] = TokenUnit.allCases.map { unit in
    let tokenizer = Tokenizer(unit: unit)
    let everyByte = Array(0...255 as ClosedRange<UInt8>)
    let source =
      unit == .byte
      ? TextSource.bytes(everyByte, name: "bytes")
      : .text("abc 각갂힣글ㄱㅏ\u{1100}\u{1161}\u{11A8}\u{A960}\u{D7B0}é👩‍👩‍👧")
    let corpus = required(
      try? Corpus.read([source], options: CorpusOptions(tokenizer: tokenizer)))
    return (
      StreamDecoder(tokenizer: tokenizer, vocabulary: corpus.vocabulary), corpus.vocabulary.count
    )
  }

  /// Returns a value that is never nil.
  private static func required<Value>(_ value: Value?) -> Value {
    guard let value else { fatalError("the fixture of the fuzzer is broken") }
    return value
  }
}

import GeulCompression
import GeulCompute
import GeulModel
import GeulNGrams
import GeulText
import GeulTraining
import TestSupport
import Testing

struct CompressorTests {
  static let text = """
    The lamp on the Hen is lit when the fog comes in, and when it does not.\r
    바닷가에 할머니가 살았습니다. 값, 읽다, 낚시! é, 👩‍👩‍👧.

    """

  /// A model with random parameters and the vocabulary of `text`.
  static func model(
    _ unit: TokenUnit, _ form: NormalForm = .nfc, minimumCount: Int = 1, text: String = text,
    seed: UInt64 = 3
  ) throws -> Model {
    let options = CorpusOptions(
      tokenizer: Tokenizer(unit: unit, normalization: form), minimumCount: minimumCount)
    let corpus = try Corpus.read([.text(text)], options: options)
    let architecture = Architecture(cell: .lstm, layers: 2, hidden: 20)
    var random = SplitMix64(seed: seed)
    let network = Network(architecture, vocabulary: corpus.vocabulary.count)
    return Model(
      Model.Metadata(
        architecture: architecture, tokenizer: corpus.tokenizer, vocabulary: corpus.vocabulary),
      parameters: network.initialParameters(&random))
  }

  /// Archives do not depend on the instruction set, and the portable one is slow.
  static let best = InstructionSet.available.last ?? .portable

  static func compressor(
    _ model: Model, _ instructionSet: InstructionSet = best, threads: Int = 1
  ) -> Compressor {
    Compressor(model, context: ComputeContext(Kernels(instructionSet), threads: threads))
  }

  static var adaptation: DynamicEvaluator.Configuration {
    var adaptation = DynamicEvaluator.Configuration()
    adaptation.length = 16
    return adaptation
  }

  /// Text with known and unknown characters, in several normal forms, and bytes that are not UTF-8.
  static let files: [[UInt8]] = [
    [], [0], [0xFF], Array("T".utf8), Array(text.utf8), Array((text + text.decomposed + text).utf8),
    Array("각 \u{1100}\u{1161}\u{11A8} \u{1100} \u{1161}\u{1100}\u{AC00}\u{11A8}".utf8),
    Array("nothing 漢字 known Ω".utf8), Array(text.utf8) + [0xEA, 0xB0] + Array(text.utf8),
    [0xEF, 0xBB, 0xBF] + Array("with a byte-order mark\r\n".utf8),
    Array(text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }),
    Array(repeating: 0x80, count: 1000), Array(String(repeating: "\u{301}", count: 300).utf8),
  ]

  @Test(arguments: TokenUnit.allCases, [1, 2])
  func `decompression restores every file`(unit: TokenUnit, minimumCount: Int) throws {
    let compressor = Self.compressor(try Self.model(unit, minimumCount: minimumCount))
    var random = SeededGenerator(seed: 9)
    let noise = (0..<(isThorough ? 30 : 10)).map { _ in
      (0..<Int.random(in: 0..<200, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
    }
    for file in Self.files + noise {
      for adaptation in [nil, Self.adaptation, DynamicEvaluator.Configuration(isMixed: false)] {
        let archive = compressor.compress(file, adaptation: adaptation)
        #expect(try compressor.decompress(archive) == file)
      }
    }
  }

  @Test(arguments: TokenUnit.allCases)
  func `decompression restores every file for every normal form of the model`(
    unit: TokenUnit
  ) throws {
    for form in [NormalForm.nfd, .nfkc, .none] {
      let compressor = Self.compressor(try Self.model(unit, form))
      for file in Self.files {
        #expect(try compressor.decompress(compressor.compress(file)) == file)
      }
    }
  }

  @Test(arguments: [false, true])
  func `a model whose logits overflow compresses, too`(hasNGrams: Bool) throws {
    var model = try Self.model(.grapheme)
    for index in 0..<model.parameters.values.count { model.parameters.values[index] = 3e38 }
    if hasNGrams {
      let ids = (0..<200).map { Int32($0 * 7 % model.metadata.vocabulary.count) }
      let count = NGramMixture.weightShape(order: 3).reduce(1, *)
      model.ngrams = NGramMixture(
        NGramModel(ids, vocabulary: model.metadata.vocabulary.count, order: 3),
        networkWeights: [Double](repeating: 1, count: count))
    }
    let compressor = Self.compressor(model)
    let file = Array(Self.text.utf8)
    for adaptation in [nil, Self.adaptation] {
      let archive = compressor.compress(file, adaptation: adaptation)
      #expect(try compressor.decompress(archive) == file)
    }
    let corpus = try Corpus.read(
      [.text(Self.text.precomposed)],
      options: CorpusOptions(vocabulary: model.metadata.vocabulary))
    for adaptation in [nil, Self.adaptation] {
      let evaluator = DynamicEvaluator(
        model.network, parameters: model.parameters, ngrams: model.ngrams, adaptation: adaptation,
        context: ComputeContext(Kernels(.portable)))
      let loss = Evaluator.loss(corpus, 0..<corpus.count, with: evaluator)
      #expect(loss.natsPerToken > 0 && loss.nats.isFinite)
    }
  }

  @Test func `an unknown jamo makes a literal of its own syllable only`() throws {
    let compressor = Self.compressor(try Self.model(.jamo, text: "바닷가에 살았습니다."))
    let known = Array(String(repeating: "바닷가에 살았습니다.", count: 50).utf8)
    let archive = compressor.compress(known)
    let longerArchive = compressor.compress(known + Array("홍".utf8))
    #expect(longerArchive.count - archive.count < 40)
  }

  @Test(arguments: isThorough ? TokenUnit.allCases : [.grapheme])
  func `a file longer than a chunk is split between code points`(unit: TokenUnit) throws {
    let compressor = Self.compressor(try Self.model(unit))
    let file = Array(String(repeating: "바닷가에 é👩‍👩‍👧 the", count: 1800).utf8)
    #expect(file.count > 1 << 16)
    #expect(try compressor.decompress(compressor.compress(file)) == file)
  }

  @Test(arguments: [false, true])
  func `the size of an archive is the cross-entropy that Evaluator measures`(
    isAdaptive: Bool
  ) throws {
    let model = try Self.model(.grapheme)
    let text = String(repeating: Self.text.precomposed, count: 40)
    let corpus = try Corpus.read(
      [.text(text)],
      options: CorpusOptions(
        tokenizer: model.metadata.tokenizer, vocabulary: model.metadata.vocabulary))
    let adaptation = isAdaptive ? Self.adaptation : nil
    let evaluator = DynamicEvaluator(
      model.network, parameters: model.parameters, adaptation: adaptation,
      context: ComputeContext(Kernels(Self.best)))
    let score = Evaluator.loss(corpus, 0..<corpus.count, with: evaluator)
    #expect(score.unknown == 0)
    let archive = Self.compressor(model).compress(Array(text.utf8), adaptation: adaptation)
    let expected = score.nats / Evaluator.natsPerBit / 8
    // 64 bytes for the header and the end of the stream; the kinds of tokens cost less than 0.5 %.
    #expect(abs(Double(archive.count) - expected) < 0.005 * expected + 64)
  }

  @Test func `an archive does not depend on the instruction set or the number of threads`() throws {
    let model = try Self.model(.grapheme)
    let file = Self.files[5]
    let expected = Self.compressor(model).compress(file, adaptation: Self.adaptation)
    for instructionSet in InstructionSet.available {
      for threads in 1...3 {
        let compressor = Self.compressor(model, instructionSet, threads: threads)
        #expect(compressor.compress(file, adaptation: Self.adaptation) == expected)
      }
    }
  }

  @Test func `every changed byte and every truncation is detected or has no effect`() throws {
    let compressor = Self.compressor(try Self.model(.jamo))
    let file = Array(Self.text.utf8.prefix(60))
    let archive = compressor.compress(file, adaptation: Self.adaptation)
    var errorCount = 0
    func check(_ damaged: [UInt8]) {
      do throws(ArchiveError) { #expect(try compressor.decompress(damaged) == file) } catch {
        errorCount += 1
      }
    }
    for index in archive.indices {
      var damaged = archive
      damaged[index] ^= 1 << UInt8(index % 8)
      check(damaged)
      check(Array(archive.prefix(index)))
    }
    // Only the last byte has bits that do not matter.
    #expect(errorCount >= 2 * archive.count - 2)
  }

  @Test func `only archives with an online mixture need the second version of the format`() throws {
    let compressor = Self.compressor(try Self.model(.grapheme))
    let alone = DynamicEvaluator.Configuration(isMixed: false)
    let versions = [nil, alone, Self.adaptation].map {
      compressor.compress(Array(Self.text.utf8), adaptation: $0)[4]
    }
    #expect(versions == [1, 1, 2])
  }

  @Test func `a decompressed size above the limit is an error`() throws {
    let compressor = Self.compressor(try Self.model(.grapheme))
    let archive = compressor.compress(Array(Self.text.utf8))
    let count = Self.text.utf8.count
    #expect(try compressor.decompress(archive, limit: count).count == count)
    #expect(throws: ArchiveError.tooLarge(limit: count - 1)) {
      try compressor.decompress(archive, limit: count - 1)
    }
    // Bytes 14 to 21 are the number of tokens. Fuzzing found this archive, which took years.
    var bomb = archive
    bomb[20] = 0xFF
    #expect(throws: ArchiveError.tooLarge(limit: Compressor.defaultSizeLimit)) {
      try compressor.decompress(bomb)
    }
  }

  @Test func `another model, a newer version and other files are errors`() throws {
    let model = try Self.model(.grapheme)
    let archive = Self.compressor(model).compress(Array(Self.text.utf8))
    let other = Self.compressor(try Self.model(.grapheme, seed: 4))
    #expect(throws: ArchiveError.modelMismatch) { try other.decompress(archive) }
    var newer = archive
    newer[4] = 3
    #expect(throws: ArchiveError.unsupportedVersion(3)) {
      try Self.compressor(model).decompress(newer)
    }
    #expect(throws: ArchiveError.notAnArchive) {
      try Self.compressor(model).decompress(Array("PK".utf8))
    }
  }
}

extension String {
  fileprivate var decomposed: String { Tokenizer(normalization: .nfd).normalized(self) }
  fileprivate var precomposed: String { Tokenizer(normalization: .nfc).normalized(self) }
}

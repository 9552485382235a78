import GeulCompression
import GeulCompute
import GeulModel
import GeulText
import GeulTraining
import TestSupport
import Testing

@Suite("Packing files")
struct CompressorTests {
  static let text = """
    The lamp on the Hen is lit when the fog comes in, and when it does not.\r
    바닷가에 할머니가 살았습니다. 값, 읽다, 낚시! é, 👩‍👩‍👧.

    """

  /// A model of a text, with random numbers: it foretells little, but the same to whoever writes and reads.
  static func model(
    _ unit: TokenUnit, _ form: NormalForm = .nfc, minimumCount: Int = 1, text: String = text,
    seed: UInt64 = 3
  )
    throws
    -> Model
  {
    let options = CorpusOptions(
      tokenizer: Tokenizer(unit: unit, normalization: form), minimumCount: minimumCount)
    let corpus = try Corpus.read([.text(text)], options: options)
    let shape = Architecture(cell: .lstm, layers: 2, hidden: 20)
    var random = SplitMix64(seed: seed)
    let network = Network(shape, vocabulary: corpus.vocabulary.count)
    return Model(
      Model.Metadata(model: shape, tokenizer: corpus.tokenizer, vocabulary: corpus.vocabulary),
      parameters: network.initialParameters(&random))
  }

  static func compressor(
    _ model: Model, _ set: InstructionSet = .portable, threads: Int = 1
  ) -> Compressor {
    Compressor(model, kernels: Kernels(set), pool: ThreadPool(threads))
  }

  static var learning: DynamicEvaluator.AdaptationConfiguration {
    var learning = DynamicEvaluator.AdaptationConfiguration()
    learning.length = 16
    return learning
  }

  /// Text that the model knows, does not know, in other normal forms, and bytes that are no text.
  static let files: [[UInt8]] = [
    [], [0], [0xFF], Array("T".utf8), Array(text.utf8), Array((text + text.decomposed + text).utf8),
    Array("각 \u{1100}\u{1161}\u{11A8} \u{1100} \u{1161}\u{1100}\u{AC00}\u{11A8}".utf8),
    Array("nothing 漢字 known Ω".utf8), Array(text.utf8) + [0xEA, 0xB0] + Array(text.utf8),
    [0xEF, 0xBB, 0xBF] + Array("with a mark\r\n".utf8),
    Array(text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }),
    Array(repeating: 0x80, count: 1000), Array(String(repeating: "\u{301}", count: 300).utf8),
  ]

  @Test("Every file comes back byte for byte", arguments: TokenUnit.allCases, [1, 2])
  func roundTrip(unit: TokenUnit, minimumCount: Int) throws {
    let compressor = Self.compressor(try Self.model(unit, minimumCount: minimumCount))
    var random = SeededGenerator(seed: 9)
    let noise = (0..<(isThorough ? 30 : 10)).map { _ in
      (0..<Int.random(in: 0..<200, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
    }
    for file in Self.files + noise {
      for learning in [nil, Self.learning] {
        let packed = compressor.compress(file, learning: learning)
        #expect(try compressor.decompress(packed) == file)
      }
    }
  }

  @Test(
    "Every file comes back, whatever the normal form of the model's text",
    arguments: TokenUnit.allCases)
  func normalForms(unit: TokenUnit) throws {
    for form in [NormalForm.nfd, .nfkc, .none] {
      let compressor = Self.compressor(try Self.model(unit, form))
      for file in Self.files {
        #expect(try compressor.decompress(compressor.compress(file)) == file)
      }
    }
  }

  @Test("A syllable of which a jamo is not known costs its own bytes, not those around it")
  func unknownJamo() throws {
    let compressor = Self.compressor(try Self.model(.jamo, text: "바닷가에 살았습니다."))
    let known = Array(String(repeating: "바닷가에 살았습니다.", count: 50).utf8)
    let (without, with) = (
      compressor.compress(known), compressor.compress(known + Array("홍".utf8))
    )
    #expect(with.count - without.count < 40)
  }

  @Test(
    "A file longer than a part is cut where it hurts nothing",
    arguments: isThorough ? TokenUnit.allCases : [.grapheme])
  func longFile(unit: TokenUnit) throws {
    let compressor = Self.compressor(try Self.model(unit))
    let file = Array(String(repeating: "바닷가에 é👩‍👩‍👧 the", count: 1800).utf8)
    #expect(file.count > 1 << 16)
    #expect(try compressor.decompress(compressor.compress(file)) == file)
  }

  @Test("The size is what scoring says", arguments: [false, true])
  func size(learns: Bool) throws {
    let model = try Self.model(.grapheme)
    let text = String(repeating: Self.text.precomposed, count: 40)
    let corpus = try Corpus.read(
      [.text(text)],
      options: CorpusOptions(
        tokenizer: model.metadata.tokenizer, vocabulary: model.metadata.vocabulary))
    let learning = learns ? Self.learning : nil
    let online = DynamicEvaluator(
      model.network, parameters: model.parameters, learning: learning, kernels: Kernels(.portable),
      pool: ThreadPool(1))
    let score = Evaluator.score(corpus, 0..<corpus.count, with: online)
    #expect(score.unknown == 0)
    let packed = Self.compressor(model).compress(Array(text.utf8), learning: learning)
    let expected = score.nats / Evaluator.natsPerBit / 8
    #expect(abs(Double(packed.count) - expected) < 0.005 * expected + 64)
  }

  @Test("The same archive from each instruction set and any number of threads")
  func sameBytes() throws {
    let model = try Self.model(.grapheme)
    let file = Self.files[5]
    let expected = Self.compressor(model).compress(file, learning: Self.learning)
    for set in InstructionSet.available {
      for threads in 1...3 {
        let compressor = Self.compressor(model, set, threads: threads)
        #expect(compressor.compress(file, learning: Self.learning) == expected)
      }
    }
  }

  @Test("A byte that is changed or missing is found out, or makes no difference")
  func damage() throws {
    let compressor = Self.compressor(try Self.model(.jamo))
    let file = Array(Self.text.utf8.prefix(60))
    let packed = compressor.compress(file, learning: Self.learning)
    var found = 0
    func check(_ damaged: [UInt8]) {
      do throws(ArchiveError) { #expect(try compressor.decompress(damaged) == file) } catch {
        found += 1
      }
    }
    for place in packed.indices {
      var damaged = packed
      damaged[place] ^= 1 << UInt8(place % 8)
      check(damaged)
      check(Array(packed.prefix(place)))
    }
    // The last byte alone has bits that say nothing.
    #expect(found >= 2 * packed.count - 2)
  }

  @Test("An archive that would unpack to more than is wanted is refused, whatever it says")
  func limit() throws {
    let compressor = Self.compressor(try Self.model(.grapheme))
    let packed = compressor.compress(Array(Self.text.utf8))
    let count = Self.text.utf8.count
    #expect(try compressor.decompress(packed, limit: count).count == count)
    #expect(throws: ArchiveError.tooLarge(limit: count - 1)) {
      try compressor.decompress(packed, limit: count - 1)
    }
    // The number of pieces, eight bytes from the fifteenth on: found by fuzzing, as it would have taken years.
    var bomb = packed
    bomb[20] = 0xFF
    #expect(throws: ArchiveError.tooLarge(limit: Compressor.usualLimit)) {
      try compressor.decompress(bomb)
    }
  }

  @Test("Another model's archive is refused, and so is a later version's")
  func otherModel() throws {
    let model = try Self.model(.grapheme)
    let packed = Self.compressor(model).compress(Array(Self.text.utf8))
    let other = Self.compressor(try Self.model(.grapheme, seed: 4))
    #expect(throws: ArchiveError.otherModel) { try other.decompress(packed) }
    var later = packed
    later[4] = 2
    #expect(throws: ArchiveError.newer(version: 2)) { try Self.compressor(model).decompress(later) }
    #expect(throws: ArchiveError.notAnArchive) {
      try Self.compressor(model).decompress(Array("PK".utf8))
    }
  }
}

extension String {
  fileprivate var decomposed: String { Tokenizer(normalization: .nfd).normalized(self) }
  fileprivate var precomposed: String { Tokenizer(normalization: .nfc).normalized(self) }
}

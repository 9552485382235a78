import GeulCompute
import GeulModel
import GeulStorage
import GeulText
import GeulTraining
import Testing

@Suite("A checkpoint that was damaged")
struct CheckpointDamageTests {
  /// The bytes of a whole checkpoint: two units, one layer of one.
  private static let whole = Swift.Result { () throws -> [UInt8] in
    let corpus = try Corpus.read([.text(String(repeating: "ab", count: 20))])
    var settings = TrainingConfiguration()
    settings.architecture = Architecture(cell: .lstm, layers: 1, hidden: 1)
    (settings.batch, settings.length) = (1, 4)
    return try Checkpoint.fresh(
      settings, text: RunState.TextChoice(sources: ["text"]), corpus: corpus,
      kernels: Kernels(.best)
    ).safetensors.serialized()
  }

  private static func read(_ bytes: [UInt8]) throws(FormatError) -> Checkpoint {
    try Checkpoint(SafetensorsFile(bytes: bytes), name: "latest")
  }

  @Test("is known whichever of its bits is another")
  func everyBit() throws {
    let whole = try Self.whole.get()
    let right = try Self.read(whole)
    #expect(right.record.step == 0)
    for place in whole.indices {
      for bit in 0..<8 {
        var damaged = whole
        damaged[place] ^= 1 << bit
        #expect(throws: FormatError.self, "bit \(bit) of byte \(place)") {
          try Self.read(damaged)
        }
      }
    }
  }

  @Test("is known wherever it ends")
  func everyTruncation() throws {
    let whole = try Self.whole.get()
    for count in whole.indices {
      #expect(throws: FormatError.self, "\(count) bytes") { try Self.read(Array(whole[..<count])) }
    }
  }
}

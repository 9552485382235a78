import GeulCompute
import GeulModel
import GeulStorage
import GeulText
import GeulTraining
import TestSupport
import Testing

struct CheckpointDamageTests {
  /// The bytes of an intact checkpoint of two tokens and one layer of one hidden unit.
  private static let intact = Swift.Result { () throws -> [UInt8] in
    let corpus = try Corpus.read([.text(String(repeating: "ab", count: 20))])
    var configuration = TrainingConfiguration()
    configuration.architecture = Architecture(cell: .lstm, layers: 1, hidden: 1)
    (configuration.batch, configuration.length) = (1, 4)
    return try Checkpoint.initial(
      configuration, text: RunState.TextSelection(sources: ["text"]), corpus: corpus
    ).safetensors.serialized()
  }

  private static func read(_ bytes: [UInt8]) throws(FormatError) -> Checkpoint {
    try Checkpoint(SafetensorsFile(bytes: bytes), name: "latest")
  }

  @Test func `a checkpoint with any single bit flipped is rejected`() throws {
    let intact = try Self.intact.get()
    #expect(try Self.read(intact).run.step == 0)
    for index in intact.indices {
      for bit in isThorough ? 0..<8 : index % 8..<index % 8 + 1 {
        var damaged = intact
        damaged[index] ^= 1 << bit
        #expect(throws: FormatError.self, "bit \(bit) of byte \(index)") {
          try Self.read(damaged)
        }
      }
    }
  }

  @Test func `a checkpoint truncated at any byte is rejected`() throws {
    let intact = try Self.intact.get()
    for count in intact.indices {
      #expect(throws: FormatError.self, "\(count) bytes") { try Self.read(Array(intact[..<count])) }
    }
  }
}

import Foundation
import GeulCompute
import GeulExchange
import GeulModel
import GeulText
import TestSupport
import Testing

/// The archives of NumPy; Tests/Exchange reads them with NumPy itself.
struct NumPyTests {
  @Test func `an archive of a file has the bytes of the specification`() {
    var archive = ZipArchive()
    archive.add("a", Array("123456789".utf8))
    let common: [UInt8] =
      [
        20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0, 0x26, 0x39, 0xF4, 0xCB, 9, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0,
        0,
      ]
    let file = [0x50, 0x4B, 3, 4] + common + Array("a123456789".utf8)
    let entry =
      [0x50, 0x4B, 1, 2, 20, 0] + common + [UInt8](repeating: 0, count: 14) + Array("a".utf8)
    let end: [UInt8] =
      [0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, UInt8(entry.count), 0, 0, 0]
      + [UInt8(file.count), 0, 0, 0, 0, 0]
    #expect(archive.bytes == file + entry + end)
  }

  @Test func `arrays have a header of a multiple of 64 bytes and little-endian elements`() throws {
    let model = try randomModel(.gru, layers: 1, hidden: 3)
    let bytes = try model.numPyArchive()
    let tensor = try #require(
      model.network.tensors(of: model.parameters).first { $0.name == "gru.bias_hh_l0" })
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (9,), }"
    let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(padded.utf8)
    #expect(start.count == 128)
    let elements = tensor.values.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
    }
    let found = Data(bytes).range(of: Data("gru.bias_hh_l0.npy".utf8))
    let offset = try #require(found).upperBound
    #expect(Array(bytes[offset..<offset + 128 + 36]) == start + elements)
  }

  @Test func `the items of a list are an array of hashes`() throws {
    var options = CorpusOptions()
    options.listSeed = 1
    let list = try #require(try Corpus.read([.text("ab\nba\n")], options: options).list)
    var model = try randomModel(.gru, layers: 1, hidden: 3)
    #expect(Data(try model.numPyArchive()).range(of: Data("list.items.npy".utf8)) == nil)
    model.metadata.list = Model.Metadata.List(list)
    let bytes = try model.numPyArchive()
    let found = Data(bytes).range(of: Data("list.items.npy".utf8))
    let offset = try #require(found).upperBound
    let header = String(decoding: bytes[(offset + 10)..<offset + 128], as: UTF8.self)
    #expect(header.hasPrefix("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }"))
    let elements = list.items.hashes.flatMap { hash in
      (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * UInt64($0))) }
    }
    #expect(Array(bytes[(offset + 128)..<offset + 144]) == elements)
  }

  @Test func `a size of the limit is refused with what to use instead`() throws {
    try ExchangeError.check(99, below: 100, of: "An .npz file")
    let error = #expect(throws: ExchangeError.self) {
      try ExchangeError.check(100, below: 100, of: "An .npz file")
    }
    #expect(
      error?.description
        == "An .npz file cannot have 100 bytes. Use the model file itself: it is a safetensors file, which PyTorch reads."
    )
  }
}

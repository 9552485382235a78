import GeulStorage
import TestSupport
import Testing

/// Damage to a file is always detected.
struct SafetensorsDamageTests {
  static let ours = SafetensorsFile(
    metadata: ["geul": "{}"],
    tensors: [
      .init("weight", shape: [2, 2], floats: [1, 2, 3, 4]),
      .init("ids", shape: [3], values: [1, 2, 3] as [UInt8]),
    ])

  /// A file without metadata, as written by other programs.
  static let foreign = hostile(
    #"{"weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
    data: [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])

  @Test func `every truncation is an error`() throws {
    for whole in [try Self.ours.serialized(), Self.foreign] {
      for count in whole.indices {
        #expect(throws: FormatError.self) {
          try SafetensorsFile(bytes: Array(whole[..<count]))
        }
      }
    }
  }

  @Test func `any change of any byte is an error`() throws {
    let whole = try Self.ours.serialized()
    var undetected: Set<Int> = []
    for at in whole.indices {
      for change in 1...UInt8.max {
        var damaged = whole
        damaged[at] ^= change
        if (try? SafetensorsFile(bytes: damaged)) != nil { undetected.insert(at) }
      }
    }
    #expect(undetected.isEmpty, "offsets of undetected changes")
  }

  @Test func `two swapped bytes are an error`() throws {
    let whole = try Self.ours.serialized()
    for at in 1..<whole.count where whole[at] != whole[at - 1] {
      var damaged = whole
      damaged.swapAt(at, at - 1)
      #expect(throws: FormatError.self) { try SafetensorsFile(bytes: damaged) }
    }
  }

  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func `a block of zeros is an error`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var damaged = try Self.ours.serialized()
    let start = Int.random(in: 0..<damaged.count, using: &random)
    let end = Int.random(in: start + 1...damaged.count, using: &random)
    guard damaged[start..<end].contains(where: { $0 != 0 }) else { return }
    damaged.replaceSubrange(start..<end, with: repeatElement(0, count: end - start))
    #expect(throws: FormatError.self) { try SafetensorsFile(bytes: damaged) }
  }

  @Test func `tensors of a damaged file without checksum always cover its data`() throws {
    for at in Self.foreign.indices {
      for change in 1...UInt8.max {
        var damaged = Self.foreign
        damaged[at] ^= change
        guard let file = try? SafetensorsFile(bytes: damaged) else { continue }
        #expect(file.tensors.map(\.byteCount).reduce(0, +) == 8)
      }
    }
  }

  @Test func `a changed element is an error with both checksums`() throws {
    var damaged = try Self.ours.serialized()
    damaged[damaged.count - 1] ^= 1
    let error = #expect(throws: FormatError.self) {
      try SafetensorsFile(bytes: damaged, name: "m.safetensors")
    }
    guard case .wrongChecksum(let expected, let found)? = error?.reason else {
      Issue.record("unexpected reason: \(String(describing: error))")
      return
    }
    #expect(expected != found)
    #expect(error?.description.hasPrefix("m.safetensors: has the checksum xxh64:") == true)
  }

  @Test func `a file from Geul without a checksum or with an unknown one is an error`() {
    #expect(throws: FormatError(file: "safetensors", reason: .missingChecksum)) {
      try SafetensorsFile(bytes: hostile(#"{"__metadata__":{"geul":"{}"}}"#))
    }
    #expect(throws: FormatError(file: "safetensors", reason: .unknownChecksum("md5:1"))) {
      try SafetensorsFile(bytes: hostile(#"{"__metadata__":{"geul":"{}","checksum":"md5:1"}}"#))
    }
  }

  @Test func `the checksum of another program is kept as metadata`() throws {
    let file = try SafetensorsFile(bytes: hostile(#"{"__metadata__":{"checksum":"md5:1"}}"#))
    #expect(file.metadata == ["checksum": "md5:1"])
  }

  @Test func `bytes after the last tensor are an error`() throws {
    #expect(throws: FormatError(file: "safetensors", reason: .trailingBytes(1))) {
      try SafetensorsFile(bytes: Self.ours.serialized() + [0])
    }
  }
}

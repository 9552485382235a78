import GeulTraining
import Testing

@Suite("SequenceBatcher of a text")
struct SequenceBatcherTests {
  /// The places that the windows of one epoch read, by stream.
  static func places(_ windows: inout SequenceBatcher) -> [[Range<Int>]] {
    var streams = [[Range<Int>]](repeating: [], count: windows.batch)
    let epoch = windows.epoch
    while windows.epoch == epoch {
      for row in 0..<windows.batch {
        let start = windows.start(row: row)
        streams[row].append(start..<start + windows.length)
      }
      windows.advance()
    }
    return streams
  }

  @Test(
    "Streams do not overlap, their windows leave no gap, and a target follows its input",
    arguments: [(1000, 8, 16), (257, 4, 64), (5000, 7, 33), (3, 1, 1), (65, 4, 16)])
  func coversText(units: Int, batch: Int, length: Int) {
    var windows = SequenceBatcher(units: units, batch: batch, length: length, seed: 9)
    for _ in 0..<20 {
      let (offset, count) = (windows.offset, windows.count)
      let streams = Self.places(&windows)
      #expect(streams.allSatisfy { $0.count == count })
      #expect(streams[0][0].lowerBound == offset)
      for stream in streams {
        for (a, b) in zip(stream, stream.dropFirst()) { #expect(a.upperBound == b.lowerBound) }
      }
      for (a, b) in zip(streams, streams.dropFirst()) {
        #expect((a.last?.upperBound ?? 0) <= b[0].lowerBound)
        // At most a window of each stream is left unread.
        #expect(b[0].lowerBound - (a.last?.upperBound ?? 0) < length)
      }
      // The target of the last input is the unit after it: nothing wraps around.
      #expect(streams.joined().allSatisfy { 0 <= $0.lowerBound && $0.upperBound < units })
    }
  }

  @Test("At an epoch's end another begins, at another offset, with streams that follow nothing")
  func epochs() {
    var windows = SequenceBatcher(units: 10_000, batch: 8, length: 16, seed: 1)
    var offsets: [Int] = []
    for epoch in 0..<20 {
      #expect(windows.epoch == epoch && windows.index == 0 && windows.isAtStart)
      #expect(windows.epochs == Double(epoch))
      offsets.append(windows.offset)
      let count = windows.count
      for index in 0..<count {
        #expect(windows.index == index && windows.isAtStart == (index == 0))
        #expect(windows.epochs == Double(epoch) + Double(index) / Double(count))
        windows.advance()
      }
    }
    #expect(Set(offsets).count > 10)
    #expect(offsets.allSatisfy { 0...8 * 16 ~= $0 })
  }

  @Test("Offsets are a function of the seed")
  func seeded() {
    func offsets(_ seed: UInt64) -> [Int] {
      var windows = SequenceBatcher(units: 3000, batch: 4, length: 32, seed: seed)
      return (0..<10).map { _ in
        _ = Self.places(&windows)
        return windows.offset
      }
    }
    #expect(offsets(4) == offsets(4))
    #expect(offsets(4) != offsets(5))
  }

  @Test("Every small text has a legal arrangement", arguments: 2...300)
  func fitsSmallTexts(units: Int) {
    for (batch, length) in [
      (64, 64), (1, 1), (3, 1000), (1000, 1), (8, 16), (nil, nil), (nil, 5), (40, nil),
    ] as [(Int?, Int?)] {
      let fitted = SequenceBatcher.fit(units: units, batch: batch, length: length)
      #expect(1...(batch ?? 32) ~= fitted.batch && 1...(length ?? 64) ~= fitted.length)
      var windows = SequenceBatcher(
        units: units, batch: fitted.batch, length: fitted.length, seed: UInt64(units))
      for _ in 0..<3 {
        #expect(windows.count >= 1)
        let streams = Self.places(&windows)
        #expect(streams.joined().allSatisfy { 0 <= $0.lowerBound && $0.upperBound < units })
      }
    }
  }

  @Test("What was asked for stays if the text fills two windows")
  func keepsSizes() {
    #expect(SequenceBatcher.fit(units: 2 * 64 * 64 + 1, batch: 64, length: 64) == (64, 64))
    #expect(SequenceBatcher.fit(units: 2 * 64 * 64, batch: 64, length: 64) == (64, 32))
  }

  @Test("The smaller a text, the shorter its windows, and then the fewer its streams")
  func suitsSizes() {
    func fit(_ windows: Int) -> (Int, Int) {
      let fitted = SequenceBatcher.fit(units: windows * 512 + 1, batch: nil, length: nil)
      return (fitted.batch, fitted.length)
    }
    #expect(fit(512) == (32, 64))
    #expect(fit(511) == (32, 32) && fit(128) == (32, 32))
    #expect(fit(127) == (32, 16) && fit(64) == (32, 16))
    #expect(fit(63) == (16, 16) && fit(31) == (8, 16) && fit(1) == (8, 16))
    #expect(SequenceBatcher.fit(units: 9000, batch: nil, length: 64) == (8, 64))
    #expect(SequenceBatcher.fit(units: 9000, batch: 32, length: nil) == (32, 16))
  }

  @Test("A text too short for its batch is a fault of the program")
  func tooShort() async {
    await #expect(processExitsWith: .failure) {
      _ = SequenceBatcher(units: 64, batch: 4, length: 16, seed: 0)
    }
  }
}

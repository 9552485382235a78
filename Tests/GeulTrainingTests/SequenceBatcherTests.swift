import GeulTraining
import Testing

struct SequenceBatcherTests {
  /// The ranges that the batcher of one epoch read, by stream.
  static func ranges(_ batcher: inout SequenceBatcher) -> [[Range<Int>]] {
    var streams = [[Range<Int>]](repeating: [], count: batcher.batch)
    let epoch = batcher.epoch
    while batcher.epoch == epoch {
      for row in 0..<batcher.batch {
        let start = batcher.start(row: row)
        streams[row].append(start..<start + batcher.length)
      }
      batcher.advance()
    }
    return streams
  }

  @Test(arguments: [(1000, 8, 16), (257, 4, 64), (5000, 7, 33), (3, 1, 1), (65, 4, 16)])
  func `streams do not overlap, their windows leave no gap, and a target follows its input`(
    tokenCount: Int, batch: Int, length: Int
  ) {
    var batcher = SequenceBatcher(tokenCount: tokenCount, batch: batch, length: length, seed: 9)
    for _ in 0..<20 {
      let (offset, count) = (batcher.offset, batcher.count)
      let streams = Self.ranges(&batcher)
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
      // The target of the last input is the token after it: nothing wraps around.
      #expect(streams.joined().allSatisfy { 0 <= $0.lowerBound && $0.upperBound < tokenCount })
    }
  }

  @Test func `each epoch begins at another offset, with streams from a zero state`() {
    var batcher = SequenceBatcher(tokenCount: 10_000, batch: 8, length: 16, seed: 1)
    var offsets: [Int] = []
    for epoch in 0..<20 {
      #expect(batcher.epoch == epoch && batcher.index == 0 && batcher.isAtStart)
      #expect(batcher.epochs == Double(epoch))
      offsets.append(batcher.offset)
      let count = batcher.count
      for index in 0..<count {
        #expect(batcher.index == index && batcher.isAtStart == (index == 0))
        #expect(batcher.epochs == Double(epoch) + Double(index) / Double(count))
        batcher.advance()
      }
    }
    #expect(Set(offsets).count > 10)
    #expect(offsets.allSatisfy { 0...8 * 16 ~= $0 })
  }

  @Test func `offsets are a function of the seed`() {
    func offsets(_ seed: UInt64) -> [Int] {
      var batcher = SequenceBatcher(tokenCount: 3000, batch: 4, length: 32, seed: seed)
      return (0..<10).map { _ in
        _ = Self.ranges(&batcher)
        return batcher.offset
      }
    }
    #expect(offsets(4) == offsets(4))
    #expect(offsets(4) != offsets(5))
  }

  @Test(arguments: 2...300)
  func `every small text has a batch size and a sequence length`(tokenCount: Int) {
    for (batch, length) in [
      (64, 64), (1, 1), (3, 1000), (1000, 1), (8, 16), (nil, nil), (nil, 5), (40, nil),
    ] as [(Int?, Int?)] {
      let fitted = SequenceBatcher.fit(tokenCount: tokenCount, batch: batch, length: length)
      #expect(1...(batch ?? 32) ~= fitted.batch && 1...(length ?? 64) ~= fitted.length)
      var batcher = SequenceBatcher(
        tokenCount: tokenCount, batch: fitted.batch, length: fitted.length, seed: UInt64(tokenCount)
      )
      for _ in 0..<3 {
        #expect(batcher.count >= 1)
        let streams = Self.ranges(&batcher)
        #expect(streams.joined().allSatisfy { 0 <= $0.lowerBound && $0.upperBound < tokenCount })
      }
    }
  }

  @Test func `given sizes are kept if the text fills two windows`() {
    #expect(SequenceBatcher.fit(tokenCount: 2 * 64 * 64 + 1, batch: 64, length: 64) == (64, 64))
    #expect(SequenceBatcher.fit(tokenCount: 2 * 64 * 64, batch: 64, length: 64) == (64, 32))
  }

  @Test func `a smaller text has shorter windows, and then fewer streams`() {
    func fit(_ windows: Int) -> (Int, Int) {
      let fitted = SequenceBatcher.fit(tokenCount: windows * 512 + 1, batch: nil, length: nil)
      return (fitted.batch, fitted.length)
    }
    #expect(fit(512) == (32, 64))
    #expect(fit(511) == (32, 32) && fit(128) == (32, 32))
    #expect(fit(127) == (32, 16) && fit(64) == (32, 16))
    #expect(fit(63) == (16, 16) && fit(31) == (8, 16) && fit(1) == (8, 16))
    #expect(SequenceBatcher.fit(tokenCount: 9000, batch: nil, length: 64) == (8, 64))
    #expect(SequenceBatcher.fit(tokenCount: 9000, batch: 32, length: nil) == (32, 16))
  }

  @Test func `a text too short for its batch traps`() async {
    await #expect(processExitsWith: .failure) {
      _ = SequenceBatcher(tokenCount: 64, batch: 4, length: 16, seed: 0)
    }
  }
}

import Foundation
import GeulTraining

/// A communicator of ranks that are threads of one process, for tests without MPI.
final class ThreadCommunicator: Communicator {
  let rank: Int
  let count: Int
  private let exchange: Exchange

  /// The memory that the ranks share.
  ///
  /// Unchecked: `condition` protects the variables. A `Mutex` would, too, but ThreadSanitizer does not see how it waits.
  private final class Exchange: @unchecked Sendable {
    let ranks: Int
    private let condition = NSCondition()
    private var messages: [[[UInt8]]]
    private var waiting = 0
    private var round = 0

    init(ranks: Int) {
      self.ranks = ranks
      messages = Array(repeating: [], count: ranks)
    }

    /// Waits until every rank has given a message for each rank, and returns those for `rank`.
    func swap(_ own: [[UInt8]], rank: Int) -> [[UInt8]] {
      condition.lock()
      defer { condition.unlock() }
      messages[rank] = own
      waitForAll()
      let received = messages.map { $0[rank] }
      waitForAll()
      return received
    }

    private func waitForAll() {
      waiting += 1
      guard waiting < ranks else {
        (waiting, round) = (0, round + 1)
        return condition.broadcast()
      }
      let current = round
      while round == current { condition.wait() }
    }
  }

  private init(rank: Int, _ exchange: Exchange) {
    self.rank = rank
    count = exchange.ranks
    self.exchange = exchange
  }

  /// Runs `body` on a thread for each of a number of ranks, and returns the results.
  static func run<Value: Sendable>(
    ranks: Int, _ body: @escaping @Sendable (ThreadCommunicator) -> Value
  ) -> [Value] {
    let exchange = Exchange(ranks: ranks)
    let results = Results<Value>()
    let finished = DispatchSemaphore(value: 0)
    for rank in 0..<ranks {
      let thread = Thread {
        results.set(rank, body(ThreadCommunicator(rank: rank, exchange)))
        finished.signal()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    for _ in 0..<ranks { finished.wait() }
    return results.values
  }

  /// The results of all ranks; unchecked: `lock` protects them.
  private final class Results<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var byRank: [Int: Value] = [:]

    func set(_ rank: Int, _ value: Value) { lock.withLock { byRank[rank] = value } }
    var values: [Value] {
      lock.withLock { byRank.sorted { $0.key < $1.key }.map(\.value) }
    }
  }

  func broadcast(_ bytes: inout MutableRawSpan, _ range: Range<Int>, from root: Int) {
    let own = rank == root ? array(bytes.bytes, range) : []
    let received = exchange.swap(Array(repeating: own, count: count), rank: rank)[root]
    for (index, byte) in zip(range, received) {
      bytes.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
    }
  }

  func allGather(_ own: RawSpan, into all: inout MutableRawSpan, byteCounts: [Int]) {
    let bytes = array(own, 0..<own.byteCount)
    write(exchange.swap(Array(repeating: bytes, count: count), rank: rank), to: &all, byteCounts)
  }

  func allToAll(
    _ parts: RawSpan, byteCounts: [Int], into received: inout MutableRawSpan,
    receivedByteCounts: [Int]
  ) {
    var start = 0
    var messages: [[UInt8]] = []
    for count in byteCounts {
      messages.append(array(parts, start..<start + count))
      start += count
    }
    write(exchange.swap(messages, rank: rank), to: &received, receivedByteCounts)
  }

  private func array(_ bytes: RawSpan, _ range: Range<Int>) -> [UInt8] {
    var array: [UInt8] = []
    for index in range {
      array.append(unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
    }
    return array
  }

  private func write(_ messages: [[UInt8]], to bytes: inout MutableRawSpan, _ counts: [Int]) {
    precondition(messages.map(\.count) == counts, "the ranks expect other counts")
    var index = 0
    for byte in messages.joined() {
      bytes.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
      index += 1
    }
  }
}

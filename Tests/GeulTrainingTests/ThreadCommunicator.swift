import Foundation
import GeulTraining
import Synchronization

/// A communicator of ranks that are threads of one process, for tests without MPI.
final class ThreadCommunicator: Communicator {
  let rank: Int
  let count: Int
  private let exchange: Exchange

  /// The memory that the ranks share.
  private final class Exchange: Sendable {
    let ranks: Int
    private let messages: Mutex<[[[UInt8]]]>
    private let condition = NSCondition()
    private let barrier = Mutex<(waiting: Int, round: Int)>((0, 0))

    init(ranks: Int) {
      self.ranks = ranks
      messages = Mutex(Array(repeating: [], count: ranks))
    }

    /// Waits until every rank has given a message for each rank, and returns those for `rank`.
    func swap(_ own: [[UInt8]], rank: Int) -> [[UInt8]] {
      messages.withLock { $0[rank] = own }
      waitForAll()
      let received = messages.withLock { $0.map { $0[rank] } }
      waitForAll()
      return received
    }

    private func waitForAll() {
      condition.lock()
      defer { condition.unlock() }
      let round = barrier.withLock { state in
        state.waiting += 1
        if state.waiting == ranks { state = (0, state.round + 1) }
        return state.waiting == 0 ? -1 : state.round
      }
      guard round >= 0 else { return condition.broadcast() }
      while barrier.withLock({ $0.round == round }) { condition.wait() }
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
    let results = Mutex<[Int: Value]>([:])
    let finished = DispatchSemaphore(value: 0)
    for rank in 0..<ranks {
      let thread = Thread {
        let value = body(ThreadCommunicator(rank: rank, exchange))
        results.withLock { $0[rank] = value }
        finished.signal()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    for _ in 0..<ranks { finished.wait() }
    return results.withLock { results in (0..<ranks).compactMap { results[$0] } }
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

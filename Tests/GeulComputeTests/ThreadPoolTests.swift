import GeulCompute
import Synchronization
import Testing

/// Counting here is by atomics, not under a `Mutex`: a thread that has to wait for one waits in a library that was built
/// without the thread sanitizer, which then takes what the lock protects for a race.
@Suite("ThreadPool share work")
struct ThreadPoolTests {
  private final class Count: Sendable {
    let value = Atomic(0)
  }

  @Test(
    "Each job is done once", arguments: [1, 2, 3, 7, 64], [0, 1, 2, 3, 16, 1000])
  func eachJobOnce(threads: Int, jobs: Int) {
    let done = (0..<jobs).map { _ in Count() }
    ThreadPool(threads).run(jobs) { job in done[job].value.add(1, ordering: .relaxed) }
    #expect(done.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
  }

  @Test("Each element is changed once", arguments: [1, 2, 3, 7], [0, 1, 5, 100])
  func eachElementOnce(threads: Int, count: Int) {
    var items = (0..<count).map { [$0] }
    ThreadPool(threads).forEach(&items) { $0.append($0[0] * 2) }
    #expect(items == (0..<count).map { [$0, $0 * 2] })
  }

  @Test("Thousands of small pieces of work are each done once, before the next begins")
  func manyPieces() {
    let pool = ThreadPool(3)
    for piece in 0..<5000 {
      var items = Array(repeating: piece, count: piece % 7)
      pool.forEach(&items) { $0 += 1 }
      #expect(items.allSatisfy { $0 == piece + 1 })
    }
  }

  @Test("A second thread does come, at first and out of its sleep")
  func secondThread() async throws {
    let pool = ThreadPool(2)
    for _ in 0..<3 {
      let arrived = Count()
      // Neither job ends before both have begun, but for a crew that never comes.
      let end = ContinuousClock.now + .seconds(20)
      pool.run(2) { _ in
        arrived.value.add(1, ordering: .relaxed)
        while arrived.value.load(ordering: .relaxed) < 2, ContinuousClock.now < end {}
      }
      #expect(ContinuousClock.now < end, "the caller did all the work")
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  @Test("Work is done by no more pool than it is for, one after another of different sizes")
  func changingSizes() {
    let pool = ThreadPool(4)
    for jobs in (0..<2000).map({ 2 + $0 % 3 }) {
      var items = Array(repeating: 0, count: jobs)
      var rooms = Array(repeating: 0, count: jobs)
      pool.forEach(&items, with: &rooms) { item, room in
        item += 1
        room += 1
      }
      #expect(items.allSatisfy { $0 == 1 } && rooms.reduce(0, +) == jobs)
    }
  }

  @Test("Work is done that comes while threads sleep")
  func afterRest() async throws {
    let pool = ThreadPool(4)
    for _ in 0..<5 {
      let done = Count()
      pool.run(100) { _ in done.value.add(1, ordering: .relaxed) }
      #expect(done.value.load(ordering: .relaxed) == 100)
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  @Test("Work within work is done, and work of several threads at once")
  func workWithinWork() async {
    let pool = ThreadPool(3)
    let done = Count()
    await withTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<50 {
            pool.run(5) { _ in pool.run(7) { _ in done.value.add(1, ordering: .relaxed) } }
          }
        }
      }
    }
    #expect(done.value.load(ordering: .relaxed) == 4 * 50 * 5 * 7)
  }

  @Test("No more threads work at a time than there are lanes")
  func notMoreThreads() {
    let (now, most) = (Count(), Count())
    ThreadPool(2).run(200) { _ in
      most.value.max(now.value.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
      now.value.subtract(1, ordering: .relaxed)
    }
    #expect((1...2).contains(most.value.load(ordering: .relaxed)))
  }
}

import GeulCompute
import Synchronization
import Testing

/// These tests count with atomics, not under a `Mutex`: a contended mutex waits in a library that is
/// built without the thread sanitizer, which then reports the protected data as a race.
struct ThreadPoolTests {
  private final class Count: Sendable {
    let value = Atomic(0)
  }

  @Test(arguments: [1, 2, 3, 7, 64], [0, 1, 2, 3, 16, 1000])
  func `each job runs once`(threads: Int, jobs: Int) {
    let done = (0..<jobs).map { _ in Count() }
    ThreadPool(threads).run(jobs) { job in done[job].value.add(1, ordering: .relaxed) }
    #expect(done.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
  }

  @Test(arguments: [1, 2, 3, 7], [0, 1, 5, 100])
  func `forEach changes each element once`(threads: Int, count: Int) {
    var items = (0..<count).map { [$0] }
    ThreadPool(threads).forEach(&items) { $0.append($0[0] * 2) }
    #expect(items == (0..<count).map { [$0, $0 * 2] })
  }

  @Test(arguments: [1, 2, 3], [0, 1, 5])
  func `forEach calls another closure once alongside`(threads: Int, count: Int) {
    var items = (0..<count).map { [$0] }
    let calls = Count()
    ThreadPool(threads).forEach(&items) {
      $0.append(1)
    } alongside: {
      calls.value.add(1, ordering: .relaxed)
    }
    #expect(items == (0..<count).map { [$0, 1] })
    #expect(calls.value.load(ordering: .relaxed) == 1)
  }

  @Test func `thousands of small calls each complete before the next begins`() {
    let pool = ThreadPool(3)
    for call in 0..<5000 {
      var items = Array(repeating: call, count: call % 7)
      pool.forEach(&items) { $0 += 1 }
      #expect(items.allSatisfy { $0 == call + 1 })
    }
  }

  @Test func `a second thread takes part, when it is new and when it has slept`() async throws {
    let pool = ThreadPool(2)
    for _ in 0..<3 {
      let arrived = Count()
      // Neither job ends before both have begun, unless the second thread never starts.
      let end = ContinuousClock.now + .seconds(20)
      pool.run(2) { _ in
        arrived.value.add(1, ordering: .relaxed)
        while arrived.value.load(ordering: .relaxed) < 2, ContinuousClock.now < end {}
      }
      #expect(ContinuousClock.now < end, "the caller ran both jobs")
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  @Test func `consecutive calls with different numbers of jobs run each job once`() {
    let pool = ThreadPool(4)
    for jobs in (0..<2000).map({ 2 + $0 % 3 }) {
      let done = (0..<jobs).map { _ in Count() }
      var workspaces = Array(repeating: 0, count: jobs)
      pool.forEach(done, with: &workspaces) { done, workspace in
        done.value.add(1, ordering: .relaxed)
        workspace += 1
      }
      #expect(done.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
      #expect(workspaces.reduce(0, +) == jobs)
    }
  }

  @Test func `jobs run when the workers sleep`() async throws {
    let pool = ThreadPool(4)
    for _ in 0..<5 {
      let done = Count()
      pool.run(100) { _ in done.value.add(1, ordering: .relaxed) }
      #expect(done.value.load(ordering: .relaxed) == 100)
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  @Test func `nested calls and calls from several threads at once run each job`() async {
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

  @Test func `no more jobs run at a time than the pool has threads`() {
    let (now, most) = (Count(), Count())
    ThreadPool(2).run(200) { _ in
      most.value.max(now.value.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
      now.value.subtract(1, ordering: .relaxed)
    }
    #expect((1...2).contains(most.value.load(ordering: .relaxed)))
  }
}

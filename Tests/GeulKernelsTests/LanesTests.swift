import GeulKernels
import Synchronization
import Testing

@Suite("Lanes share work")
struct LanesTests {
  @Test(
    "Each job is done once", arguments: [1, 2, 3, 7, 64], [0, 1, 2, 3, 16, 1000])
  func eachJobOnce(threads: Int, jobs: Int) {
    let done = Mutex([Int](repeating: 0, count: jobs))
    Lanes(threads).run(jobs) { job in done.withLock { $0[job] += 1 } }
    #expect(done.withLock { $0 } == Array(repeating: 1, count: jobs))
  }

  @Test("Each element is changed once", arguments: [1, 2, 3, 7], [0, 1, 5, 100])
  func eachElementOnce(threads: Int, count: Int) {
    var items = (0..<count).map { [$0] }
    Lanes(threads).forEach(&items) { $0.append($0[0] * 2) }
    #expect(items == (0..<count).map { [$0, $0 * 2] })
  }

  @Test("No more threads work at a time than there are lanes")
  func notMoreThreads() {
    let counts = Mutex((now: 0, most: 0))
    Lanes(2).run(200) { _ in
      counts.withLock {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
      counts.withLock { $0.now -= 1 }
    }
    #expect(counts.withLock { $0.most } <= 2)
  }
}

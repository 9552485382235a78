import Foundation
import GeulStorage
import TestSupport
import Testing

/// Readers find complete files at any time, and after a crash.
struct AtomicFileInstantTests {
  static func model(_ number: Int) -> SafetensorsFile {
    SafetensorsFile(
      metadata: ["geul": "\(number)"],
      tensors: [
        .init("t", shape: [20_000], floats: [Float](repeating: Float(number), count: 20_000))
      ])
  }

  /// Reads a model, verifies it and returns its number.
  static func number(_ path: String) throws(FormatError) -> Int {
    let file = try SafetensorsFile(contentsOf: path)
    let floats = try file.floats("t", shape: [20_000])
    guard let number = file.metadata["geul"].flatMap(Int.init),
      floats.allSatisfy({ $0 == Float(number) })
    else { throw FormatError(file: path, reason: .metadata("has tensors of two models.")) }
    return number
  }

  @Test(.timeLimit(.minutes(1)))
  func `a concurrent reader finds only complete files`() async throws {
    let folder = try Folder()
    let file = AtomicFile(folder.file("latest.safetensors"))
    for number in 0..<2 { try Self.model(number).write(to: file) }
    async let writing: Void = {
      for number in 2..<100 { try Self.model(number).write(to: file) }
    }()
    var last = 0
    while last < 99 {
      let number = try Self.number(file.path)
      #expect(number >= last)
      last = number
      _ = try Self.number(file.previousPath)
      // The writer may wait for a thread of the pool, which this loop must not keep.
      await Task.yield()
    }
    try await writing
    withExtendedLifetime(folder) {}
  }

  @Test(arguments: 0..<12)
  func `a process that is killed while it saves leaves a complete file`(turn: Int) async throws {
    let folder = try Folder()
    let path = folder.file("latest.safetensors")
    try Self.model(0).write(to: AtomicFile(path))
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, turn = turn as Int] in
      Thread.detachNewThread {
        Thread.sleep(forTimeInterval: 0.02 + 0.0013 * Double(turn))
        kill(getpid(), SIGKILL)
      }
      for number in 1... { try AtomicFileInstantTests.model(number).write(to: AtomicFile(path)) }
    }
    let newest = try AtomicFile(path).newestIntact(Self.number)
    #expect(newest.problem == nil)
    if newest.value > 0,
      !folder.names(includingHidden: true).contains("latest.previous.safetensors.partial")
    {
      #expect(try Self.number(AtomicFile(path).previousPath) == newest.value - 1)
    }
    // Files that the killed process left do not prevent saving.
    try Self.model(-1).write(to: AtomicFile(path))
    #expect(
      folder.names(includingHidden: true) == ["latest.previous.safetensors", "latest.safetensors"])
  }
}

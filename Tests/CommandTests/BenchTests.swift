import Foundation
import Testing
import TestSupport

/// `geul bench`.
struct BenchTests {
  private let folder: Folder
  init() throws { folder = try Folder() }

  private func bench(_ arguments: String...) throws -> [String: Any] {
    let result = try GeulProcess.run(["bench"] + arguments + ["--json"], in: folder)
    #expect(result.status == 0 && result.stderr.isEmpty, "\(result.stderr)")
    return try result.json()
  }

  @Test(arguments: ["rnn", "gru", "lstm"], ["float32", "bfloat16"])
  func `bench train reports the speed and the time of each phase`(cell: String, precision: String)
    throws
  {
    let result = try bench(
      "train", "--cell", cell, "--precision", precision, "--hidden", "16", "--batch", "4",
      "--length", "8", "--seconds", "0.05")
    let speed = try #require(result["chars_per_second"] as? Double)
    #expect(speed > 0)
    #expect(try #require(result["best"] as? Double) >= speed)
    #expect(try #require(result["fraction_of_peak"] as? Double) > 0)
    let phases = try #require(result["phases"] as? [[String: Any]])
    #expect(
      phases.compactMap { $0["name"] as? String } == [
        "forward", "backward", "weight gradients", "optimizer", "packing",
      ])
    let fractions = phases.compactMap { $0["fraction_of_time"] as? Double }
    #expect(fractions.count == 5 && fractions.allSatisfy { $0 > 0 })
    #expect(abs(fractions.reduce(0, +) - 1) < 1e-9)
  }

  @Test(arguments: ["float32", "bfloat16", "int8"])
  func `bench generate reports the speed`(precision: String) throws {
    let result = try bench(
      "generate", "--precision", precision, "--hidden", "16", "--sequences", "3", "--seconds",
      "0.05")
    #expect(try #require(result["chars_per_second"] as? Double) > 0)
    #expect(try #require(result["fraction_of_peak"] as? Double) > 0)
  }

  @Test func `bench generate accepts the option name of version 0.1`() throws {
    let result = try bench("generate", "--hidden", "16", "--streams", "3", "--seconds", "0.05")
    #expect(try #require(result["chars_per_second"] as? Double) > 0)
  }

  @Test func `bench peak measures each precision`() throws {
    let limits = try #require(try bench("peak", "--threads", "1")["gigaflops"] as? [String: Double])
    #expect(Set(limits.keys) == ["float32", "bfloat16", "int8"])
    #expect(limits.values.allSatisfy { $0 > 0 })
  }

  @Test func `bench train refuses int8`() throws {
    let result = try GeulProcess.run(["bench", "train", "--precision", "int8"], in: folder)
    #expect(result.status == 2 && result.output.isEmpty)
    #expect(result.stderr.contains("int8 is for inference only"))
  }
}

import Foundation
import GeulExchange
import GeulTraining
import TestSupport
import Testing

/// The event files of TensorBoard.
struct TensorBoardTests {
  @Test func `records have the bytes of the references`() {
    // The first record of every file of TensorBoard's own writer, at the time 0.
    let version = TensorBoardEvent(time: 0, step: 0, contents: .fileVersion)
    let message: [UInt8] =
      [0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0x1A, 0x0D] + Array("brain.Event:2".utf8)
    // The checksums were computed by the package tensorboard 2.21.0 (masked_crc32c).
    #expect(
      version.record
        == [26, 0, 0, 0, 0, 0, 0, 0] + Self.versionLengthChecksum + message
        + Self.versionChecksum)
    let start = TensorBoardEvent(time: 1.5, step: 3, contents: .sessionStart)
    #expect(
      start.record[12..<27]
        == [0x09, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0x10, 0x03, 0x3A, 0x02, 0x08, 0x01])
    let scalars = TensorBoardEvent(
      time: 0, step: 300, contents: .scalars([("a", 0.5), ("bc", -1)]))
    #expect(
      scalars.record.dropFirst(12).dropLast(4)
        == [0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0xAC, 0x02, 0x2A, 0x15]
        + [0x0A, 0x08, 0x0A, 0x01, 0x61, 0x15, 0, 0, 0, 0x3F]
        + [0x0A, 0x09, 0x0A, 0x02, 0x62, 0x63, 0x15, 0, 0, 0x80, 0xBF])
  }

  private static let versionLengthChecksum: [UInt8] = [0x12, 0x9B, 0xD8, 0x2D]
  private static let versionChecksum: [UInt8] = [0x31, 0xE6, 0xC7, 0x8B]

  @Test func `a log has the metrics with their times, and starts anew after a rollback`() throws {
    let folder = try Folder()
    let metrics = try [10, 20, 30, 20].map { try Self.progress(step: $0, seconds: Double($0)) }
    var log = try TensorBoardLog(folder: folder.file("logs"), time: 1000)
    try log.append(metrics, endingAt: 500)
    #expect(log.path == folder.file("logs/events.out.tfevents.1000.geul"))
    let expected =
      [
        TensorBoardEvent(time: 1000, step: 0, contents: .fileVersion),
        TensorBoardEvent(time: 1000, step: 1, contents: .sessionStart),
        Self.scalars(10, time: 490), Self.scalars(20, time: 500), Self.scalars(30, time: 510),
        TensorBoardEvent(time: 500, step: 20, contents: .sessionStart),
        Self.scalars(20, time: 500),
      ].flatMap(\.record)
    let written = try #require(folder.data("logs/events.out.tfevents.1000.geul"))
    #expect(Array(written) == expected)
  }

  @Test func `the names of files increase, also within a second and after the clock was set back`()
    throws
  {
    let folder = try Folder()
    #expect(!TensorBoardLog.hasEvents(in: folder.path))
    try folder.write("", to: "events.out.tfevents.2000.host.1.0")
    #expect(TensorBoardLog.hasEvents(in: folder.path))
    let paths = try [1000.0, 1000.0, 3000.0].map { time in
      try TensorBoardLog(folder: folder.path, time: time).path
    }
    #expect(
      paths == [2001, 2002, 3000].map { folder.file("events.out.tfevents.\($0).geul") })
  }

  @Test func `the validation loss is written where it was evaluated only`() throws {
    let folder = try Folder()
    var log = try TensorBoardLog(folder: folder.path, time: 1)
    try log.append(try Self.progress(step: 1, seconds: 1, validation: nil), time: 2)
    let bytes = try #require(folder.data("events.out.tfevents.1.geul"))
    #expect(bytes.range(of: Data("loss/train".utf8)) != nil)
    #expect(bytes.range(of: Data("loss/validation".utf8)) == nil)
  }

  private static func scalars(_ step: Int, time: Double) -> TensorBoardEvent {
    TensorBoardEvent(
      time: time, step: step,
      contents: .scalars([
        ("loss/train", 1.5), ("loss/validation", 1.25), ("learning_rate", 0.01),
        ("gradient_norm", 0.75), ("tokens_per_second", 2000), ("epoch", 0.5),
      ]))
  }

  private static func progress(
    step: Int, seconds: Double, validation: Double? = 1.25
  ) throws -> TrainingLoop.Progress {
    let validation = validation.map { ",\"validationNats\":\($0)" } ?? ""
    let json = """
      {"step":\(step),"epoch":0.5,"trainNats":1.5\(validation),"gradientNorm":0.75,\
      "learningRate":0.01,"charsPerSecond":2000,"seconds":\(seconds)}
      """
    return try JSONDecoder().decode(TrainingLoop.Progress.self, from: Data(json.utf8))
  }
}

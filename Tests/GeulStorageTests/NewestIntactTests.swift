import Foundation
import GeulStorage
import TestSupport
import Testing

struct NewestIntactTests {
  static func model(_ number: Float) -> SafetensorsFile {
    SafetensorsFile(metadata: ["geul": "{}"], tensors: [.init("n", shape: [1], floats: [number])])
  }

  static func number(_ path: String) throws(FormatError) -> Float {
    try SafetensorsFile(contentsOf: path).floats("n", shape: [1])[0]
  }

  /// A folder in which model 1 and then model 2 were saved.
  let folder: Folder
  let file: AtomicFile

  init() throws {
    folder = try Folder()
    file = AtomicFile(folder.file("latest.safetensors"))
    try Self.model(1).write(to: file)
    try Self.model(2).write(to: file)
  }

  static func damage(_ path: String) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
  }

  @Test func `the newest file is used if it is intact`() throws {
    let newest = try file.newestIntact(Self.number)
    #expect(newest.value == 2)
    #expect(newest.path == file.path)
    #expect(newest.notice == nil)
  }

  @Test func `the previous file is used with a notice if the newest is damaged`() throws {
    try Self.damage(file.path)
    let newest = try file.newestIntact(Self.number)
    #expect(newest.value == 1)
    #expect(newest.path == file.previousPath)
    let notice = try #require(newest.notice)
    #expect(notice.hasPrefix(file.path + ": has the checksum xxh64:"))
    #expect(
      notice.hasSuffix(
        "The previous file, \(file.previousPath), is used instead."))
    // Saving again does not lose the only intact file.
    try Self.model(3).write(to: file, keepingPrevious: false)
    #expect(try file.newestIntact(Self.number).value == 3)
    #expect(try Self.number(folder.file("latest.previous.safetensors")) == 1)
  }

  @Test func `the previous file is used if the newest is missing`() throws {
    try FileManager.default.removeItem(atPath: file.path)
    let newest = try file.newestIntact(Self.number)
    #expect(newest.value == 1)
    #expect(newest.notice?.contains("No such file or directory") == true)
  }

  @Test func `the error is that of the newest file if neither is intact`() throws {
    try Self.damage(file.path)
    try FileManager.default.removeItem(atPath: file.previousPath)
    let error = #expect(throws: FormatError.self) { try file.newestIntact(Self.number) }
    #expect(error?.file == file.path)
    guard case .wrongChecksum? = error?.reason else {
      Issue.record("unexpected reason: \(String(describing: error))")
      return
    }
  }
}

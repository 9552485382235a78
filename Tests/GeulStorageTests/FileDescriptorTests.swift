import Foundation
import GeulStorage
import TestSupport
import Testing

struct FileDescriptorTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  @Test func `a file is read piece by piece up to its end`() throws {
    try Data("Geul writes.".utf8).write(to: URL(filePath: folder.file("f")))
    let file = try FileDescriptor(reading: folder.file("f"))
    var bytes = Array("> ".utf8)
    #expect(try file.read(upTo: 0, appendingTo: &bytes) == 0)
    #expect(try file.read(upTo: 5, appendingTo: &bytes) == 5)
    #expect(try file.read(upTo: 100, appendingTo: &bytes) == 7)
    #expect(try file.read(upTo: 100, appendingTo: &bytes) == 0)
    #expect(String(decoding: bytes, as: UTF8.self) == "> Geul writes.")
  }

  @Test func `an unnamed file is written and read at any position, and has no name`() throws {
    let file = try FileDescriptor(unnamedIn: folder.path)
    #expect(folder.names(includingHidden: true) == [])
    #expect(file.path == folder.path)
    try file.write(([1, 2, 3, 4] as [UInt8]).span.raw, at: 2)
    try file.write(([9] as [UInt8]).span.raw, at: 3)
    #expect(try file.size() == 6)
    var bytes = [UInt8](repeating: 7, count: 5)
    var span = bytes.mutableSpan
    var raw = unsafe span.mutableBytes
    try file.read(at: 1, into: &raw)
    #expect(bytes == [0, 1, 9, 3, 4])
  }

  @Test func `a positional read beyond the end is an error`() throws {
    let file = try FileDescriptor(unnamedIn: folder.path)
    try file.write(([1, 2] as [UInt8]).span.raw)
    let error = #expect(throws: FileError.self) {
      var bytes = [UInt8](repeating: 0, count: 3)
      var span = bytes.mutableSpan
      var raw = unsafe span.mutableBytes
      try file.read(at: 0, into: &raw)
    }
    #expect(error == FileError(path: folder.path, action: .read, reason: .endsEarly))
  }

  @Test func `errors name the path, the action and the system's reason`() throws {
    let missing = #expect(throws: FileError.self) {
      try FileDescriptor(reading: folder.file("none"))
    }
    #expect(
      missing
        == FileError(path: folder.file("none"), action: .open, reason: .system(ENOENT)))
    #expect(missing?.isMissing == true)
    #expect(missing?.message == "No such file or directory")
    let unnamed = #expect(throws: FileError.self) {
      try FileDescriptor(unnamedIn: folder.file("none"))
    }
    #expect(unnamed?.path == folder.file("none"))
    #expect(unnamed?.action == .create)
    let full = #expect(throws: FileError.self) {
      try FileDescriptor(appendingTo: "/dev/full").write(([1] as [UInt8]).span.raw)
    }
    #expect(full?.message == "No space left on device")
    #expect(full?.isMissing == false)
  }

  @Test func `appending writes at the end, and creates the file`() throws {
    for text in ["one", "two"] {
      try FileDescriptor(appendingTo: folder.file("f")).write(Array(text.utf8).span.raw)
    }
    #expect(folder.text("f") == "onetwo")
  }

  #if canImport(Glibc)
  @Test(.timeLimit(.minutes(1)))
  func `calls that signals interrupt are repeated`() async {
    await #expect(processExitsWith: .success) {
      // A handler without SA_RESTART: interrupted calls return EINTR.
      var action = sigaction()
      unsafe action.__sigaction_handler.sa_handler = { _ in }
      try #require(unsafe sigaction(SIGUSR1, &action, nil) == 0)
      let folder = try Folder()
      let path = folder.file("pipe")
      try #require(unsafe mkfifo(path, 0o600) == 0)
      let reader = pthread_self()
      @Sendable func interruptReader() {
        for _ in 0..<5 {
          pthread_kill(reader, SIGUSR1)
          Thread.sleep(forTimeInterval: 0.002)
        }
      }
      Thread.detachNewThread {
        interruptReader()
        guard let pipe = try? FileDescriptor(appendingTo: path) else { return }
        for byte in 0..<10 as Range<UInt8> {
          interruptReader()
          try? pipe.write([byte].span.raw)
        }
      }
      #expect(try FileDescriptor(reading: path).readToEnd() == Array(0..<10))
    }
  }
  #endif
}

struct FolderLockTests {
  @Test func `a second lock on a folder is refused until the first is released`() throws {
    let folder = try Folder()
    let busy = FileError(path: folder.path, action: .open, reason: .busy)
    do {
      let lock = try FolderLock(folder.path)
      #expect(throws: busy) { _ = try FolderLock(folder.path) }
      _ = consume lock
    }
    _ = try FolderLock(folder.path)
  }

  @Test func `a missing folder cannot be locked`() throws {
    let folder = try Folder()
    let path = folder.file("none")
    #expect(throws: FileError(path: path, action: .open, reason: .system(ENOENT))) {
      _ = try FolderLock(path)
    }
  }
}

struct MappedFileTests {
  private static func mapped<Number: BitwiseCopyable>(_ numbers: [Number]) throws -> MappedFile {
    let file = try FileDescriptor(unnamedIn: FileSystem.temporaryFolder)
    try file.write(unsafe numbers.span.bytes, at: 0)
    return try MappedFile(file, size: numbers.count * MemoryLayout<Number>.stride)
  }

  @Test func `integers of either width are copied from any index`() throws {
    let wide = try Self.mapped([1, -2, .max] as [Int32])
    let narrow = try Self.mapped([1, 0xFFFF, 3] as [UInt16])
    #expect(wide.byteCount == 12)
    var out = [Int32](repeating: 0, count: 2)
    var span = out.mutableSpan
    wide.copyInt32(from: 1, into: &span)
    #expect(out == [-2, .max])
    span = out.mutableSpan
    narrow.copyUInt16(from: 1, into: &span)
    #expect(out == [0xFFFF, 3])
  }

  @Test func `copying beyond the end is a programmer's error`() async {
    await #expect(processExitsWith: .failure) {
      let file = try MappedFileTests.mapped([1, 2] as [Int32])
      var out = [Int32](repeating: 0, count: 2)
      var span = out.mutableSpan
      file.copyInt32(from: 1, into: &span)
    }
  }
}

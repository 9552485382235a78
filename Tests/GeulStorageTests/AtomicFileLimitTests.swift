import Foundation
import GeulStorage
import TestSupport
import Testing

/// Full disks and resource limits, each in a separate process.
struct AtomicFileLimitTests {
  /// Saves 1 MB over "old", expects the error `code`, and checks that the files are unchanged.
  static func failToSave(in folder: Folder, because code: Int32) {
    let large = SafetensorsFile(tensors: [
      .init("t", shape: [250_000], floats: [Float](repeating: 1, count: 250_000))
    ])
    let file = AtomicFile(folder.file("f"))
    let error = #expect(throws: FileError.self) { try large.write(to: file) }
    #expect(
      error == FileError(path: file.path + ".partial", action: .write, reason: .system(code)))
    #expect(error?.description.hasSuffix("Existing files are unchanged.") == true)
    #expect(folder.text("f") == "old")
    #expect(folder.text("f.previous") == "older")
    #expect(folder.names(includingHidden: true) == ["f", "f.previous"])
  }

  @Test func `reaching the file-size limit is an error and does not end the process`() async {
    await #expect(processExitsWith: .success) {
      let folder = try Folder()
      for text in ["older", "old"] { try AtomicFileTests.save(text, folder.file("f")) }
      var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
      #if canImport(Glibc)
      let kind = __rlimit_resource_t(UInt32(RLIMIT_FSIZE.rawValue))
      #else
      let kind = RLIMIT_FSIZE
      #endif
      let isSet = unsafe setrlimit(kind, &limit) == 0
      #expect(isSet)
      AtomicFileLimitTests.failToSave(in: folder, because: EFBIG)
      try AtomicFileTests.save("small enough", folder.file("f"))
      #expect(folder.text("f") == "small enough")
    }
  }

  #if canImport(Glibc)
  /// Indicates whether the process has the privilege to mount file systems.
  static let mayMount: Bool = {
    guard let folder = try? Folder(), mountDisk(0, on: folder) else { return false }
    return unsafe umount2(folder.path, Int32(MNT_DETACH)) == 0
  }()

  /// Mounts a disk of 256 KB in memory.
  static func mountDisk(_ flags: UInt, on folder: Folder) -> Bool {
    unsafe mount("tmpfs", folder.path, "tmpfs", flags, "size=256k") == 0
  }

  /// Changes the working directory to the disk and unmounts it lazily, so that it is removed when
  /// the process ends.
  static func enter(_ folder: Folder) throws -> Folder {
    try #require(unsafe chdir(folder.path) == 0)
    try #require(unsafe umount2(folder.path, Int32(MNT_DETACH)) == 0)
    return Folder(existing: ".")
  }

  @Test(.enabled(if: mayMount, "NOT TESTED: mounting a file system is not permitted"))
  func `a full disk is an error and leaves existing files unchanged`() async {
    await #expect(processExitsWith: .success) {
      let folder = try Folder()
      try #require(AtomicFileLimitTests.mountDisk(0, on: folder))
      let disk = try AtomicFileLimitTests.enter(folder)
      for text in ["older", "old"] { try AtomicFileTests.save(text, disk.file("f")) }
      AtomicFileLimitTests.failToSave(in: disk, because: ENOSPC)
      try AtomicFileTests.save("small enough", disk.file("f"))
      #expect(disk.text("f") == "small enough")
    }
  }

  @Test(.enabled(if: mayMount, "NOT TESTED: mounting a file system is not permitted"))
  func `a read-only disk is an error and leaves existing files unchanged`() async {
    await #expect(processExitsWith: .success) {
      let folder = try Folder()
      try #require(AtomicFileLimitTests.mountDisk(0, on: folder))
      try AtomicFileTests.save("old", folder.file("f"))
      let readOnly = UInt(MS_REMOUNT | MS_RDONLY)
      try #require(AtomicFileLimitTests.mountDisk(readOnly, on: folder))
      let disk = try AtomicFileLimitTests.enter(folder)
      let error = #expect(throws: FileError.self) {
        try AtomicFileTests.save("new", disk.file("f"))
      }
      #expect(error?.reason == .system(EROFS))
      #expect(disk.text("f") == "old")
      #expect(disk.names(includingHidden: true) == ["f"])
    }
  }
  #endif
}

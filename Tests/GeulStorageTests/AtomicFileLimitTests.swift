import Foundation
import GeulStorage
import TestSupport
import Testing

/// Disks that are full and limits that are reached, each in a process of its own.
struct AtomicFileLimitTests {
  /// Saves 1 MB over "old", which must fail with one of `codes`, and checks what is left.
  static func failToSave(in folder: Folder, because code: Int32) {
    let large = SafetensorsFile(tensors: [
      .init("t", shape: [250_000], floats: [Float](repeating: 1, count: 250_000))
    ])
    let file = AtomicFile(folder.file("f"))
    let error = #expect(throws: FileError.self) { try large.write(to: file) }
    #expect(
      error == FileError(path: file.path + ".partial", action: .write, reason: .system(code)))
    #expect(error?.description.hasSuffix("What was saved before is unchanged.") == true)
    #expect(folder.text("f") == "old")
    #expect(folder.text("f.previous") == "older")
    #expect(folder.names == ["f", "f.previous"])
  }

  @Test func `a limit on file sizes is an error, not the end of the process`() async {
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
    /// Mounting needs a privilege that not every machine gives to tests.
    static let mayMount: Bool = {
      guard let folder = try? Folder(), mountDisk(0, on: folder) else { return false }
      return unsafe umount2(folder.path, Int32(MNT_DETACH)) == 0
    }()

    /// Mounts a disk of 256 KB in memory.
    static func mountDisk(_ flags: UInt, on folder: Folder) -> Bool {
      unsafe mount("tmpfs", folder.path, "tmpfs", flags, "size=256k") == 0
    }

    /// Makes the disk the process's folder and takes its name away, so that it goes with the process.
    static func enter(_ folder: Folder) throws -> Folder {
      try #require(unsafe chdir(folder.path) == 0)
      try #require(unsafe umount2(folder.path, Int32(MNT_DETACH)) == 0)
      return Folder(existing: ".")
    }

    @Test(.enabled(if: mayMount, "this machine lets no test mount a small disk"))
    func `a full disk is an error, and what was saved before is intact`() async {
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

    @Test(.enabled(if: mayMount, "this machine lets no test mount a small disk"))
    func `a read-only disk is an error, and what was saved before is intact`() async {
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
        #expect(disk.names == ["f"])
      }
    }
  #endif
}

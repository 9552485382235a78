import Foundation
import GeulStorage
import Testing
import TestSupport

struct FileSystemTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  @Test(arguments: ["a", "a/b/c", "a/b/c/"])
  func `a folder and the missing ones above it are created`(name: String) throws {
    try FileSystem.createFolder(folder.file(name))
    #expect(FileSystem.isFolder(folder.file(name)))
  }

  @Test func `a folder that exists keeps its files`() throws {
    try FileSystem.createFolder(folder.file("a"))
    try Data([1]).write(to: URL(filePath: folder.file("a/f")))
    try FileSystem.createFolder(folder.file("a"))
    try FileSystem.createFolder("")
    #expect(try FileSystem.names(in: folder.file("a")) == ["f"])
  }

  @Test func `a folder cannot be created in a regular file`() throws {
    try Data([1]).write(to: URL(filePath: folder.file("f")))
    #expect(
      throws: FileError(path: folder.file("f"), action: .create, reason: .system(ENOTDIR))
    ) { try FileSystem.createFolder(folder.file("f/run")) }
  }

  @Test func `the kind of a file is found, and symbolic links are followed only to folders`() throws
  {
    try Data([1]).write(to: URL(filePath: folder.file("f")))
    let manager = FileManager.default
    try manager.createSymbolicLink(
      atPath: folder.file("link"), withDestinationPath: folder.path)
    try manager.createSymbolicLink(atPath: folder.file("broken"), withDestinationPath: "nowhere")
    #expect(try FileSystem.kind(folder.path) == .folder)
    #expect(try FileSystem.kind(folder.file("f")) == .regular)
    #expect(try FileSystem.kind(folder.file("link")) == .symbolicLink)
    #expect(try FileSystem.kind("/dev/null") == .other)
    #expect(FileSystem.isFolder(folder.file("link")))
    #expect(!FileSystem.isFolder(folder.file("broken")))
    #expect(!FileSystem.isFolder(folder.file("f")))
    #expect(!FileSystem.isFolder(""))
    #expect(try FileSystem.names(in: folder.path).sorted() == ["broken", "f", "link"])
    #expect(throws: FileError(path: folder.file("f"), action: .read, reason: .system(ENOTDIR))) {
      try FileSystem.names(in: folder.file("f"))
    }
  }
}

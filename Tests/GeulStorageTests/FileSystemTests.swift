import Foundation
import GeulStorage
import Testing

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
}

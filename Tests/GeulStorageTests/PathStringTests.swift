import Foundation
import GeulStorage
import TestSupport
import Testing

struct PathStringTests {
  /// Paths as bytes: UTF-8, CP949, a truncated character, an escape itself, composed and decomposed.
  private static let paths: [[UInt8]] = [
    Array("corpora/한글.txt".utf8), [0xB0, 0xA1, 0x2E, 0x74], [0x61, 0xED, 0x95], [0xFF],
    Array("\u{10FFB0}".utf8), Array("\u{10FF7F}".utf8), Array("/\u{301}x".utf8), [],
    [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], Array(0x01...0xFF),
  ]

  @Test(arguments: paths)
  func `the bytes of any path are restored`(bytes: [UInt8]) {
    #expect(PathString.bytes(PathString.string(bytes)) == bytes)
  }

  @Test func `different bytes have different strings`() {
    #expect(Set(Self.paths.map(PathString.string)).count == Self.paths.count)
    #expect(PathString.string(Array("한".utf8)) == "한")
  }

  @Test func `bytes that are not UTF-8 are displayed in hexadecimal`() {
    #expect(PathString.displayed(PathString.string([0x61, 0xB0, 0xA1, 0x2E])) == "a\\xB0\\xA1.")
    #expect(PathString.displayed("한글 a.txt") == "한글 a.txt")
  }

  @Test func `a random path is restored`() {
    var random = SeededGenerator(seed: 3)
    for _ in 0..<2000 {
      let bytes = (0..<Int(random.next() % 12)).map { _ in
        [0x61, 0x2F, 0xED, 0x95, 0x9C, 0xF4, 0x8F, 0xBE, 0xB0, 0xC3, 0xFF][Int(random.next() % 11)]
      }
      .map { UInt8($0) }
      #expect(PathString.bytes(PathString.string(bytes)) == bytes)
    }
  }
}

struct PathTests {
  @Test(arguments: [
    ("a/b.txt", "b.txt", "b", "a"), ("b.txt", "b.txt", "b", ""), ("/b", "b", "b", "/"),
    ("a/b/", "b", "b", "a/b"), (".hidden", ".hidden", ".hidden", ""), ("..", "..", "..", ""),
    ("a.b.c", "a.b.c", "a.b", ""), ("/", "", "", "/"),
    ("x/\u{301}y.t", "\u{301}y.t", "\u{301}y", "x"),
  ])
  func `a path has a name, a stem and a folder`(
    path: String, name: String, stem: String, folder: String
  ) {
    #expect(FileSystem.name(of: path).utf8.elementsEqual(name.utf8))
    #expect(FileSystem.stem(of: path).utf8.elementsEqual(stem.utf8))
    #expect(FileSystem.folder(of: path) == folder)
  }

  @Test func `an absolute path keeps every component`() throws {
    let current = try FileSystem.absolute("")
    #expect(current.hasPrefix("/") && current.hasSuffix("/"))
    for path in ["a/../b", "~root", "./x", "~/y"] {
      #expect(try FileSystem.absolute(path) == current + path)
    }
    #expect(try FileSystem.absolute("/a/../b") == "/a/../b")
  }

  @Test func `a file is found under the other normal form of its name`() throws {
    let folder = try Folder()
    try folder.write("x", to: "한글.txt".decomposedStringWithCanonicalMapping)
    let found = try #require(
      FileSystem.canonicalEquivalent(of: folder.path + "/한글.txt"))
    #expect(
      found.utf8.elementsEqual((folder.path + "/한글.txt".decomposedStringWithCanonicalMapping).utf8))
    #expect(FileSystem.exists(found))
    #expect(FileSystem.canonicalEquivalent(of: folder.path + "/다른.txt") == nil)
  }

  @Test func `a path with a NUL is refused`() {
    #expect(throws: FileError.self) { try FileDescriptor(reading: "/etc/passwd\0.txt") }
  }

  @Test func `a folder lists names that are not UTF-8, and they can be opened`() throws {
    let folder = try Folder()
    let name = PathString.string([0xB0, 0xA1, 0x2E, 0x74, 0x78, 0x74])
    try FileDescriptor(appendingTo: folder.path + "/" + name).write([UInt8(0x61)].span.raw)
    #expect(try FileSystem.names(in: folder.path) == [name])
    #expect(try FileDescriptor(reading: folder.path + "/" + name).readToEnd() == [0x61])
  }

  @Test func `a device is not replaced by a file`() throws {
    try AtomicFile("/dev/null").replace { (out) throws(FileError) in try out.write([1].span) }
    #expect(!FileSystem.isRereadable("/dev/null"))
  }
}

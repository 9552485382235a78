import GeulStorage

/// The text files of a folder and its subfolders, in the order of the bytes of their paths.
///
/// Hidden files and symbolic links to folders are skipped.
struct FolderListing {
  /// The extensions of text files.
  static let extensions = ["txt", "text", "md", "markdown", "rst", "org", "tex"]
  static var patterns: String { extensions.map { "*." + $0 }.joined(separator: ", ") }

  /// The paths of the text files, which start with the given path of the folder.
  private(set) var texts: [String] = []
  /// The paths of the files that are skipped because of their extension or kind.
  private(set) var others: [String] = []

  init(_ folder: String) throws(TextError) {
    do {
      try list(folder)
    } catch {
      throw TextError(.unreadable(error.message), in: error.path)
    }
    texts.sort(by: Self.precedes)
    others.sort(by: Self.precedes)
    guard !texts.isEmpty else { throw TextError(.folderWithoutText, in: folder) }
  }

  private static func precedes(_ a: String, _ b: String) -> Bool {
    PathString.bytes(a).lexicographicallyPrecedes(PathString.bytes(b))
  }

  private mutating func list(_ folder: String) throws(FileError) {
    for name in try FileSystem.names(in: folder) where !name.hasPrefix(".") {
      let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
      let kind = try FileSystem.kind(path)
      if kind == .folder {
        try list(path)
      } else if Self.isText(name), kind == .regular || kind == .symbolicLink,
        !FileSystem.isFolder(path)
      {
        texts.append(path)
      } else {
        others.append(path)
      }
    }
  }

  private static func isText(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return extensions.contains(name[name.index(after: dot)...].lowercased())
  }

  /// Messages for the user.
  var notes: [String] {
    guard let first = others.first else { return [] }
    let count = others.count
    return [
      "\(first): skipped\(count > 1 ? ", and \(count - 1) more" : "");"
        + " only \(Self.patterns) are read from directories."
    ]
  }
}

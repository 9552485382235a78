import GeulStorage

/// The text files of a folder and of the folders in it, in the order of their paths' bytes.
///
/// Hidden names are passed over, links to folders not followed.
struct FolderListing {
  /// The endings of names that are taken for text.
  static let endings = ["txt", "text", "md", "markdown", "rst", "org", "tex"]
  static var patterns: String { endings.map { "*." + $0 }.joined(separator: ", ") }

  /// Paths that begin with the folder's path as it was given.
  private(set) var texts: [String] = []
  private(set) var others: [String] = []

  init(_ folder: String) throws(TextError) {
    do {
      try list(folder)
    } catch {
      throw TextError(.unreadable(error.message), in: folder)
    }
    texts.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    others.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    guard !texts.isEmpty else { throw TextError(.folderWithoutText, in: folder) }
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
    return endings.contains(name[name.index(after: dot)...].lowercased())
  }

  /// What the user should hear of it.
  var notes: [String] {
    guard let first = others.first else { return [] }
    let count = others.count
    return [
      "\(first): passed over\(count > 1 ? ", with \(count - 1) more" : "");"
        + " from folders only \(Self.patterns) are read."
    ]
  }
}

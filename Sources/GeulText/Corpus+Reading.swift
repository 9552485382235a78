import GeulStorage

extension Corpus {
  /// Reads texts from front to back, once, in memory that does not grow with them.
  ///
  /// Sources follow one another in the order given, the files of a folder in the order of their
  /// paths' bytes. A line feed is put, and noted, behind a text that does not end with a line; no
  /// unit spans two texts. Bytes (`--unit byte`) are joined as they are.
  ///
  /// - Parameters:
  ///   - sources: What to read.
  ///   - options: How to read it.
  /// - Returns: The corpus; it has at least one unit.
  /// - Throws: `TextError` for what is missing, unreadable, empty or no text, for bytes that the
  ///   encoding does not allow, and for a disk that is full.
  public static func read(
    _ sources: [TextSource], options: CorpusOptions = CorpusOptions()
  ) throws(TextError) -> Corpus {
    var intake = try CorpusBuilder(options)
    var before: TextSource?
    for source in try SourceList(sources, notes: &intake.notes).files {
      try intake.read(source, after: before)
      before = source
    }
    return try intake.finish(name: sources.map(\.name).joined(separator: ", "))
  }
}

/// The sources with folders replaced by their text files.
struct SourceList {
  private(set) var files: [TextSource] = []

  init(_ sources: [TextSource], notes: inout [String]) throws(TextError) {
    for source in sources {
      guard case .path(let path) = source, FileSystem.isFolder(path) else {
        files.append(source)
        continue
      }
      let listing = try FolderListing(path)
      files += listing.texts.map { .path($0) }
      notes += listing.notes
    }
  }
}

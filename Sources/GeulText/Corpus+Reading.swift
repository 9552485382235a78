import GeulStorage

extension Corpus {
  /// Reads a text file, or the text files of a folder, as `geul train` does.
  ///
  /// - Throws: `TextError`; see `read`.
  public init(contentsOf path: String, options: CorpusOptions = CorpusOptions()) throws(TextError) {
    self = try Corpus.read([.path(path)], options: options)
  }

  /// Reads and tokenizes texts in one pass, in memory that does not grow with their size.
  ///
  /// The sources are concatenated in the given order, the files of a folder in the order of the
  /// bytes of their paths. If a text does not end with a line break, a line feed is added and
  /// noted, so that no token spans two texts. With `TokenUnit.byte`, bytes are concatenated
  /// unchanged.
  ///
  /// - Parameters:
  ///   - sources: The texts to read.
  ///   - options: The tokenizer, the encoding and the vocabulary.
  /// - Returns: A corpus of at least one token.
  /// - Throws: `TextError` if a source is missing, unreadable, empty or not text, if its bytes are
  ///   invalid in the encoding, or if the disk is full.
  public static func read(
    _ sources: [TextSource], options: CorpusOptions = CorpusOptions()
  ) throws(TextError) -> Corpus {
    let list = try SourceList(sources)
    if options.listSeed != nil || options.labels != nil {
      return try LineReader.read(list, options)
    }
    var builder = CorpusBuilder(options)
    try builder.read(TextPart(list.files))
    return try builder.finish(builder.summary, start: 0, name: list.name, notes: list.notes)
  }
}

/// A list of sources in which folders are replaced by their text files.
package struct SourceList {
  package private(set) var files: [TextSource] = []
  /// Messages for the user.
  package private(set) var notes: [String] = []
  /// The name of all sources in messages.
  package let name: String

  package init(_ sources: [TextSource]) throws(TextError) {
    name = sources.map(\.name).joined(separator: ", ")
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

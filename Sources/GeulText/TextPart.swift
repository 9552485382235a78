import GeulStorage

/// A part of a list of files, for one of several processes that read a text together.
///
/// Files in UTF-8, and bytes without an encoding, are divided after a line feed: no token and no normalization spans it.
/// Other files belong to one part.
package struct TextPart {
  /// A file, or a range of its bytes.
  struct Piece {
    let source: TextSource
    /// The name of the file in notes.
    let name: String
    /// The bytes; nil for the whole file.
    var range: Range<Int>?

    /// Indicates whether the piece begins with the file.
    var beginsSource: Bool { range.map { $0.lowerBound == 0 } ?? true }
  }

  /// A file of the text and its size in bytes.
  package struct File: Codable, Sendable, Equatable {
    package let path: String
    /// The name in notes.
    package let name: String
    package let byteCount: Int

    package init(_ path: String, name: String? = nil) throws(TextError) {
      self.path = path
      self.name = name ?? path
      do { byteCount = try FileSystem.size(path) } catch {
        throw TextError(opening: path, error)
      }
    }
  }

  let pieces: [Piece]

  /// All of a text.
  package init(_ sources: [TextSource]) {
    pieces = sources.map { Piece(source: $0, name: $0.name) }
  }

  /// Finds one of `count` parts of about equal size.
  ///
  /// - Throws: `TextError` if a file cannot be read where it is divided.
  package init(
    _ index: Int, of count: Int, _ files: [File], _ options: CorpusOptions
  ) throws(TextError) {
    let cuts = [index, index + 1].map { part in
      files.reduce(0) { $0 + $1.byteCount } * part / count
    }
    let lower = try Self.move(cuts[0], toLineBreakIn: files, options)
    let upper = try Self.move(cuts[1], toLineBreakIn: files, options)
    var pieces: [Piece] = []
    var start = 0
    for file in files {
      let own = start..<start + file.byteCount
      let range = own.clamped(to: lower..<upper)
      // An empty file belongs to the part of the bytes that follow it.
      let isOwnEmpty =
        own.isEmpty && (lower..<upper ~= start || index == count - 1 && start == upper)
      if range == own, !own.isEmpty || isOwnEmpty {
        pieces.append(Piece(source: .path(file.path), name: file.name))
      } else if !range.isEmpty {
        let bytes = range.lowerBound - start..<range.upperBound - start
        pieces.append(Piece(source: .path(file.path), name: file.name, range: bytes))
      }
      start = own.upperBound
    }
    self.pieces = pieces
  }

  /// Moves a position in the concatenated files that lies within a file forward, past the next line feed of the file, or to
  /// its end.
  private static func move(
    _ position: Int, toLineBreakIn files: [File], _ options: CorpusOptions
  ) throws(TextError) -> Int {
    var start = 0
    for file in files {
      let offset = position - start
      if offset <= 0 { return position }
      start += file.byteCount
      guard offset < file.byteCount else { continue }
      let source = TextSource.path(file.path)
      let isDivisible = try TextReader(source, options.readerRules).isDivisible
      guard isDivisible else { return start }
      // Divide before the byte at `offset` if it follows a line feed.
      var reader = try ByteReader(source, range: offset - 1..<file.byteCount)
      var end = start - file.byteCount + offset - 1
      var bytes: [UInt8] = []
      while try reader.read(1 << 16, into: &bytes) {
        if let lineFeed = bytes.firstIndex(of: 0x0A) { return end + lineFeed + 1 }
        end += bytes.count
        bytes.removeAll(keepingCapacity: true)
      }
      return start
    }
    return position
  }
}

import GeulStorage

/// Collects the ids of some ranges of a text, which arrive in any order: in memory, or in a file if there are many.
package struct TokenCollector {
  private let corpus: Corpus
  private let ranges: [Range<Int>]
  private var storage: Storage

  private enum Storage {
    case memory([UInt32])
    case file(FileDescriptor)
  }

  /// Creates a collector.
  ///
  /// - Parameters:
  ///   - ranges: The ranges to collect, in order and disjoint.
  ///   - corpus: The corpus of which they are a part.
  ///   - options: Where the ids are kept.
  /// - Throws: `TextError` if no file can be created.
  package init(
    _ ranges: [Range<Int>], of corpus: Corpus, options: CorpusOptions = CorpusOptions()
  ) throws(TextError) {
    (self.ranges, self.corpus) = (ranges, corpus)
    let count = ranges.reduce(0) { $0 + $1.count }
    storage =
      count <= options.tokensInMemory
      ? .memory(Array(repeating: 0, count: count))
      : .file(try FileDescriptor(temporaryIn: options.temporaryFolder))
  }

  private var bytesPerID: Int { corpus.vocabulary.count < 1 << 16 ? 2 : 4 }

  /// Stores the ids from index `start` of the text on, which lie in one of the ranges.
  ///
  /// - Throws: `TextError` if the disk is full.
  package mutating func store(_ ids: ArraySlice<Int32>, at start: Int) throws(TextError) {
    let position = StoredTokens.position(of: start..<start + ids.count, in: ranges)
    switch storage {
    case .memory(var all):
      storage = .memory([])  // so that it is not copied
      for (offset, id) in ids.enumerated() { all[position + offset] = UInt32(bitPattern: id) }
      storage = .memory(all)
    case .file(let file):
      do {
        if bytesPerID == 2 {
          let narrow = ids.map { UInt16(truncatingIfNeeded: $0) }
          try file.write(unsafe narrow.span.bytes, at: position * 2)
        } else {
          try file.write(unsafe ids.span.bytes, at: position * 4)
        }
      } catch {
        throw TextError(.temporaryFile(error.message), in: error.path)
      }
    }
  }

  /// Returns the corpus with the collected ranges, once all their ids are stored.
  package func finish() throws(TextError) -> Corpus {
    let hasUnknown = corpus.unknownCount > 0 && corpus.vocabulary.unknownID == nil
    let count = ranges.reduce(0) { $0 + $1.count }
    let tokenFile: TokenFile
    switch storage {
    case .memory(let all):
      let blocks = stride(from: 0, to: count, by: TokenWriter.blockCount).map {
        Array(all[$0..<min(count, $0 + TokenWriter.blockCount)])
      }
      tokenFile = TokenFile(blocks, count: count, hasUnknown: hasUnknown)
    case .file(let file):
      do {
        let mapped = try MappedFile(file, size: count * bytesPerID)
        tokenFile = TokenFile(mapped, bytesPerID: bytesPerID, hasUnknown: hasUnknown)
      } catch {
        throw TextError(.temporaryFile(error.message), in: error.path)
      }
    }
    var collected = corpus
    collected.tokens = StoredTokens(of: corpus.count, ranges, tokenFile)
    return collected
  }
}

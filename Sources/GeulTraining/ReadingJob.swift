internal import GeulStorage
internal import GeulText
internal import PortableFoundation

/// What rank 0 tells the other ranks so that they read a text together, each a part of its bytes.
///
/// The vocabulary is that of the counts of all parts. So the corpus is the one that a single process would read.
struct ReadingJob: Codable, Sendable {
  /// The files; empty if rank 0 alone reads the text.
  private let files: [TextPart.File]
  private let options: CorpusOptions
  /// The name of all sources in messages.
  private let name: String

  /// Describes the reading of a list of sources.
  ///
  /// - Throws: `TextError` if a file is missing.
  init(_ list: SourceList, _ options: CorpusOptions) throws(TextError) {
    self.options = options
    name = list.name
    var files: [TextPart.File] = []
    for source in list.files {
      guard case .path(let path) = source, FileSystem.isRereadable(path) else {
        self.files = []
        return
      }
      // The other ranks may have another current directory.
      let absolute = (try? FileSystem.absolute(path)) ?? path
      files.append(try TextPart.File(absolute, name: path))
    }
    self.files = files
  }

  /// Reads the part of this rank.
  ///
  /// - Parameters:
  ///   - list: The sources, on rank 0.
  ///   - group: The ranks.
  /// - Returns: The corpus, of which this process has the tokens of its part.
  /// - Throws: `TrainingError` on all ranks if one cannot read its part.
  func run(rank0 list: SourceList?, in group: ProcessGroup) throws(TrainingError) -> Corpus {
    let communicator = group.communicator
    let reader = PartReader(options)
    try group.onAllRanks { () throws(TextError) in try reader.read(part(list, communicator)) }
    // A line feed is added where a later part begins with another file.
    let haveText = communicator.allGather(reader.hasText ? 1 : 0)
    let isFollowed = haveText[(communicator.rank + 1)...].contains(1)
    try group.onAllRanks { () throws(TextError) in if isFollowed { try reader.endLine() } }

    guard let own = reader.summary, let summaries = communicator.allGather(own) else {
      preconditionFailure("a summary can be encoded and decoded")
    }
    let whole = CorpusSummary(merging: summaries)
    let start = summaries[..<communicator.rank].reduce(0) { $0 + $1.count }
    var corpus = try group.onAllRanks { () throws(TextError) in
      try reader.finish(whole, start: start, name: name, notes: list?.notes ?? [])
    }
    // The hash of the whole text passes through all ranks.
    var hash: [UInt64] = communicator.rank == 0 ? [] : [0, 0]
    for rank in 0..<communicator.count {
      if rank == communicator.rank { corpus.continueHash(&hash) }
      communicator.broadcast(&hash, from: rank)
    }
    corpus.setHash(hash)
    return corpus
  }

  private func part(
    _ list: SourceList?, _ communicator: any Communicator
  ) throws(TextError) -> TextPart {
    guard !files.isEmpty else { return TextPart(list?.files ?? []) }
    for file in files {
      let own = try TextPart.File(file.path, name: file.name)
      guard own == file else {
        throw TextError(.otherSize(own.byteCount, expected: file.byteCount), in: file.path)
      }
    }
    return try TextPart(communicator.rank, of: communicator.count, files, options)
  }
}

/// A corpus builder that closures can share.
private final class PartReader {
  private var builder: CorpusBuilder?

  init(_ options: CorpusOptions) { builder = CorpusBuilder(options) }

  var hasText: Bool { builder?.hasText ?? false }
  var summary: CorpusSummary? { builder?.summary }

  func read(_ part: TextPart) throws(TextError) { try builder?.read(part) }

  func endLine() throws(TextError) { try builder?.endLine() }

  /// Completes the corpus; see `CorpusBuilder.finish`.
  func finish(
    _ whole: CorpusSummary, start: Int, name: String, notes: [String]
  ) throws(TextError) -> Corpus {
    guard let builder = builder.take() else { preconditionFailure("a part is finished once") }
    return try builder.finish(whole, start: start, name: name, notes: notes)
  }
}

internal import GeulCompute
public import GeulModel
internal import GeulNGrams
internal import GeulText

/// The memory that a run takes at its peak, estimated before it begins.
///
/// With n parameters in the network (padding included), r positions in a window (batch x length), l layers of width h, v tokens
/// in the vocabulary, and p bytes in an element.
public struct MemoryEstimate: Sendable, Equatable {
  /// Parameters, their average, both moments and the gradient (4 bytes each), packed matrices, and Muon's workspaces; in
  /// bytes.
  public let parameters: Int
  /// The activations of a window and the backward workspaces, in bytes.
  public let window: Int
  /// Temporary memory: the larger of a save's and an evaluation's, in bytes.
  public let temporary: Int
  /// The program, and the part of the token file that is kept in memory, in bytes.
  public let program: Int

  /// The n-grams of the text, which are counted after training, when its memory is free; 0 for a network alone; in bytes.
  public let ngrams: Int

  /// The peak, in bytes.
  public var total: Int { max(parameters + window + temporary, ngrams) + program }

  /// Estimates the memory of a run on a text of `tokenCount` tokens; with several ranks, that of the largest part of the
  /// batch.
  public init(
    _ configuration: TrainingConfiguration, vocabulary: Int, tokenCount: Int,
    teachers: [Architecture] = [], threads: Int, ranks: Int = 1
  ) {
    let network = Network(configuration.architecture, vocabulary: vocabulary)
    let (count, layers) = (network.layout.count, configuration.architecture.layers)
    let elementBytes = configuration.precision.elementBytes
    let matrices = network.matrices.reduce(0) { $0 + $1.count }
    let grams = network.matrices.reduce(0) {
      $0 + Orthogonalizer.byteCount($1, precision: configuration.precision)
    }
    let subBatches = SubBatches(batch: configuration.batch, length: configuration.length)
    let teacherNetworks = teachers.map { Network($0, vocabulary: vocabulary) }
    parameters =
      (5 + GradientReducer.exchangedCopies(subBatches, ranks: ranks)) * 4 * count + 2 * elementBytes
      * matrices
      + (configuration.optimizerKind == .muon ? grams : 0)
      + teacherNetworks.reduce(0) { sum, teacher in
        sum + 4 * teacher.layout.count
          + elementBytes * teacher.matrices.reduce(0) { $0 + $1.count }
      }

    let (cell, width) = (configuration.architecture.cell.descriptor, network.layers[0].width)
    let isBFloat16 = configuration.precision == .bfloat16
    // Hidden state, float32 state, gates.
    func bytesPerUnit(_ cell: CellDescriptor, elementBytes: Int) -> Int {
      elementBytes + (cell.carriesFloat32State ? 4 : 0) + 4 * cell.savedColumns
    }
    // In bfloat16 the gradients of the gates, too; dropout's outputs.
    let perUnit =
      bytesPerUnit(cell, elementBytes: elementBytes)
      + (isBFloat16 ? 2 * cell.savedColumns : 0) + (configuration.dropout > 0 ? elementBytes : 0)
    let teacherUnits = teacherNetworks.reduce(0) {
      let shape = $1.architecture
      return $0 + shape.layers * $1.layers[0].width
        * bytesPerUnit(
          shape.cell.descriptor, elementBytes: elementBytes)
    }
    let logits = padded(vocabulary) * (isBFloat16 ? 6 : 4)
    let rows = (0..<ranks).map {
      GradientReducer.rows(of: subBatches, rank: $0, ranks: ranks).count
    }
    let batch = rows.max() ?? configuration.batch
    let positions = batch * configuration.length
    let shard = BatchShard.partition(batch: batch, threads: threads).map(\.count).max() ?? 1
    let backward =
      min(threads, batch) * shard * configuration.length * width * 2 * 4
      + threads
      * GradientWorkspace.byteCount(subBatches: subBatches.count)
    window =
      positions * (layers * width * perUnit + teacherUnits + (1 + teachers.count) * logits)
      + backward

    let saving = 4 * max(count, teacherNetworks.map(\.layout.count).max() ?? 0)
    let held =
      tokenCount
      - Corpus.tokenCount(of: tokenCount, withoutLast: configuration.validationFraction)
    let (evaluatedRows, length) = Evaluator.batchShape(tokens: held, vocabulary: vocabulary)
    let perPosition = layers * width * bytesPerUnit(cell, elementBytes: 4)
    let evaluation =
      4 * matrices + evaluatedRows * length * (perPosition + 4 * padded(vocabulary))
    temporary = max(saving, held > 0 ? evaluation : 0)
    ngrams =
      configuration.ngrams == .off
      ? 0
      : 4 * teacherNetworks.reduce(count) { $0 + $1.layout.count } + Self.bytesPerCountedToken
        * min(tokenCount, NGramModel.maximumTokens)
    program =
      Self.programBytes + min(4 * tokenCount, Self.residentTokenBytes)
      + Self.bytesPerVocabularyToken * vocabulary
  }

  /// The memory of a run with the smallest network and text, in bytes.
  private static let programBytes = 24 << 20
  /// The bytes of the n-grams of a text for each of its tokens.
  ///
  /// They depend on the text: 37 on War and Peace, 64 on Tiny Shakespeare, 116 on korean-docs.
  private static let bytesPerCountedToken = 64
  /// The maximum number of bytes of a token file that stay in memory; see `MappedFile`.
  private static let residentTokenBytes = 64 << 20
  /// The bytes of a token and its entries in dictionaries.
  private static let bytesPerVocabularyToken = 500
}

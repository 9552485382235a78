public import GeulStorage
public import GeulCompute
public import GeulNGrams
public import GeulText
internal import PortableFoundation

/// A network with everything that is needed to use it: parameters, tokenizer and vocabulary.
///
/// A model is stored as one safetensors file. Its tensors have PyTorch's names and shapes; everything else is JSON
/// under the metadata key `geul`.
///
/// ```swift
/// let model = try Model(contentsOf: "checkpoints/english.safetensors")
/// print(model.metadata.vocabulary.count, model.network.layout.parameterCount)
/// try model.save(to: "copy.safetensors")
/// ```
public struct Model: Sendable {
  /// Everything except the parameters.
  public var metadata: Metadata
  /// The network.
  public let network: Network
  /// The parameters.
  public var parameters: ParameterStorage
  /// The n-grams of the training text, whose predictions are mixed with those of the network; nil for a network alone.
  public var ngrams: NGramMixture?

  /// The contents of the metadata key `geul`.
  public struct Metadata: Codable, Sendable, Equatable {
    /// The version of the format; other versions are rejected.
    public var format = Metadata.currentFormat
    /// The shape of the network.
    public var architecture: Architecture
    /// The rules that turn text into tokens.
    public var tokenizer: Tokenizer
    /// The tokens in the order of their ids.
    public var vocabulary: Vocabulary
    /// Facts about the training of the model; nil if it was not trained.
    public var training: Training?
    /// Facts about the list that the model was trained on; nil if its text was not a list.
    public var list: List?
    /// The rule by which the lines of the training text had labels; nil if they had none.
    public var labels: LabelRule?

    /// The version of the format that this program reads and writes.
    public static let currentFormat = 1

    private enum CodingKeys: String, CodingKey {
      case format, tokenizer, vocabulary, training, list, labels
      case architecture = "model"
    }

    /// Facts about a model's training.
    public struct Training: Codable, Sendable, Equatable {
      /// The number of steps.
      public var step: Int
      /// The number of passes through the training text.
      public var epochs: Double
      /// The hash of the text; see `Corpus.hash`.
      public var corpusHash: String
      /// The fraction of the text, at its end, that is the validation split.
      public var validationFraction: Double
      /// The validation loss in nats/token, from a zero state; nil without a validation split.
      public var validationNats: Double?
      /// The validation loss in bits/byte.
      public var validationBitsPerByte: Double?

      /// Creates facts about a training.
      public init(
        step: Int, epochs: Double, corpusHash: String, validationFraction: Double,
        validationNats: Double? = nil, validationBitsPerByte: Double? = nil
      ) {
        self.step = step
        self.epochs = epochs
        self.corpusHash = corpusHash
        self.validationFraction = validationFraction
        self.validationNats = validationNats
        self.validationBitsPerByte = validationBitsPerByte
      }
    }

    /// Facts about a list of lines that a model was trained on.
    public struct List: Codable, Sendable, Equatable {
      /// The number of items, duplicates included.
      public var count: Int
      /// The seed of their order; see `CorpusOptions.listSeed`.
      public var seed: UInt64
      /// The different items, which are a tensor of the model file.
      public var items: ItemSet

      private enum CodingKeys: String, CodingKey { case count, seed }

      /// Creates facts about the list of a corpus.
      public init(_ list: LineList) {
        (count, seed, items) = (list.count, list.seed, list.items)
      }

      /// Reads everything except the items.
      public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        count = try values.decode(Int.self, forKey: .count)
        seed = try values.decode(UInt64.self, forKey: .seed)
        items = ItemSet(EmptyCollection())
      }
    }

    /// Creates the metadata of a model.
    public init(
      architecture: Architecture, tokenizer: Tokenizer, vocabulary: Vocabulary,
      training: Training? = nil, list: List? = nil, labels: LabelRule? = nil
    ) {
      self.architecture = architecture
      self.tokenizer = tokenizer
      self.vocabulary = vocabulary
      self.training = training
      self.list = list
      self.labels = labels
    }

    /// Returns options that read a text with the model's tokenizer and vocabulary.
    package func corpusOptions(
      encoding: String? = nil, invalid: InvalidBytePolicy = .error
    ) -> CorpusOptions {
      CorpusOptions(
        tokenizer: tokenizer, encoding: encoding, invalid: invalid, vocabulary: vocabulary)
    }

    /// Returns the number of tokens in the training split of `corpus`; nil if it is not the text of the training.
    package func trainingTokenCount(of corpus: Corpus) -> Int? {
      guard let training, training.corpusHash == corpus.hash else { return nil }
      return corpus.split(withoutLast: training.validationFraction).training.count
    }
  }

  /// Creates a model.
  ///
  /// - Precondition: The parameters have the layout of the network that the metadata describe.
  public init(_ metadata: Metadata, parameters: ParameterStorage) {
    self.metadata = metadata
    network = Network(metadata.architecture, vocabulary: metadata.vocabulary.count)
    precondition(
      parameters.layout == network.layout, "the parameters have the layout of another network")
    self.parameters = parameters
  }

  /// The metadata key of `Metadata`.
  public static let metadataKey = "geul"

  /// The maximum number of layers of a model file.
  package static let layerLimit = 64
  /// The maximum number of hidden units of a layer of a model file.
  package static let hiddenLimit = 65_536

  /// Reads a model from a model file or a training checkpoint.
  ///
  /// - Throws: `FormatError` if the file is damaged, is not a Geul model, or has another version of the format.
  public init(contentsOf path: String) throws(FormatError) {
    try self.init(SafetensorsFile(contentsOf: path), name: path)
  }

  /// Reads a model from an open file; errors refer to the file as `name`.
  ///
  /// - Throws: `FormatError` if the file is not a Geul model, has another version of the format or wrong shapes, or
  ///   contains non-finite values.
  public init(_ file: SafetensorsFile, name: String) throws(FormatError) {
    func formatError(_ message: String) -> FormatError {
      FormatError(file: name, reason: .metadata(message))
    }
    guard let text = file.metadata[Self.metadataKey] else {
      throw formatError(
        "is not a model of Geul: its metadata has no key \"geul\". Give a file that `geul train` wrote."
      )
    }
    var metadata: Metadata
    do {
      let version = try JSONDecoder().decode(Version.self, from: Data(text.utf8))
      guard version.format == Metadata.currentFormat else {
        throw formatError(
          "has version \(version.format) of the format; this program reads version"
            + " \(Metadata.currentFormat). Use the program that wrote it, or a newer one.")
      }
      metadata = try JSONDecoder().decode(Metadata.self, from: Data(text.utf8))
    } catch let error as FormatError {
      throw error
    } catch {
      throw formatError("its metadata cannot be decoded (\(Self.description(of: error))).")
    }
    try Self.checkLimits(metadata, formatError)
    if metadata.list != nil { metadata.list?.items = try Self.items(file, formatError) }
    self.metadata = metadata
    network = Network(metadata.architecture, vocabulary: metadata.vocabulary.count)
    var tensors: [NamedTensor] = []
    for (tensor, shape) in network.tensorShapes {
      tensors.append(
        NamedTensor(
          name: tensor, shape: shape, values: try file.floats(tensor, shape: shape)))
    }
    if let tensor = tensors.first(where: { !$0.values.allSatisfy(\.isFinite) }) {
      throw formatError(
        "tensor \"\(tensor.name)\" contains non-finite values. Use an earlier checkpoint.")
    }
    parameters = network.parameters(from: tensors)
    ngrams = try Self.ngrams(file, vocabulary: metadata.vocabulary.count, formatError)
  }

  /// Reads the set of the items of a list: a tensor of hashes.
  private static func items(
    _ file: SafetensorsFile, _ formatError: (String) -> FormatError
  ) throws(FormatError) -> ItemSet {
    guard let tensor = file.tensors.first(where: { $0.name == itemsTensor }), tensor.dtype == .i64,
      tensor.shape.count == 1, tensor.shape[0] <= ItemSet.maximumCount
    else {
      throw formatError("it has no valid tensor \"\(itemsTensor)\" of the items of its list.")
    }
    let hashes: [Int64] = try file.values(itemsTensor, shape: tensor.shape)
    return ItemSet(hashes: hashes.map { UInt64(bitPattern: $0) })
  }

  /// The name of the tensor with the hashes of the items of a list.
  package static let itemsTensor = "list.items"

  /// Validates sizes before memory is allocated.
  private static func checkLimits(
    _ metadata: Metadata, _ formatError: (String) -> FormatError
  ) throws(FormatError) {
    let shape = metadata.architecture
    guard 1...layerLimit ~= shape.layers, 1...hiddenLimit ~= shape.hidden else {
      throw formatError(
        "a network of \(shape.layers) layers of \(shape.hidden) units exceeds the limits of this program"
          + " (\(layerLimit) layers, \(hiddenLimit) units).")
    }
    do throws(TextError) { try metadata.vocabulary.check(for: metadata.tokenizer) } catch {
      throw formatError("its vocabulary does not match its tokenizer: \(error.description)")
    }
  }

  /// The contents of the model file, with all tensors that PyTorch expects, including each `bias_hh`.
  public var safetensors: SafetensorsFile {
    var file = SafetensorsFile(
      metadata: [Self.metadataKey: Self.json(metadata)],
      tensors: network.tensors(of: parameters).map {
        SafetensorsFile.Tensor($0.name, shape: $0.shape, floats: $0.values)
      })
    if let hashes = metadata.list?.items.hashes {
      // PyTorch has no unsigned integers of 64 bits before version 2.3.
      file.tensors.append(
        .init(
          Self.itemsTensor, shape: [hashes.count], values: hashes.map { Int64(bitPattern: $0) }))
    }
    if let ngrams { Self.add(ngrams, to: &file) }
    return file
  }

  /// Returns the JSON of a value with sorted keys, so that equal values have equal bytes.
  package static func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else {
      preconditionFailure(
        "the value must be encodable as JSON, with string keys and finite numbers")
    }
    return String(decoding: data, as: UTF8.self)
  }

  private struct Version: Decodable { let format: Int }

  /// Returns a description of a decoding error without the names of Swift types.
  package static func description(of error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "no key \"\(key.stringValue)\""
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "a wrong value at \"\(context.codingPath.map(\.stringValue).joined(separator: "."))\""
    case DecodingError.dataCorrupted(let context): context.debugDescription
    default: "\(error)"
    }
  }
}

extension Model {
  /// Saves the model as one safetensors file, and creates missing folders.
  ///
  /// An existing file is replaced atomically.
  ///
  /// - Throws: `FileError` if the file or a folder cannot be written.
  public func save(to path: String) throws(FileError) {
    try FileSystem.createFolder(FileSystem.folder(of: path))
    try safetensors.write(to: AtomicFile(path), keepingPrevious: false)
  }
}

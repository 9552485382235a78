internal import Foundation
public import GeulStorage
public import GeulCompute
public import GeulText

/// A network with everything that is needed to use it: parameters, tokenizer and vocabulary.
///
/// One safetensors file is the model. Its tensors have PyTorch's names and shapes; everything else is one JSON text under the
/// metadata key `geul`.
///
/// ```swift
/// let model = try Model(contentsOf: "checkpoints/english.safetensors")
/// print(model.metadata.vocabulary.count, model.network.layout.parameterCount)
/// try model.save(to: "copy.safetensors")
/// ```
public struct Model: Sendable {
  /// Everything but the parameters.
  public var metadata: Metadata
  /// The network.
  public let network: Network
  /// The parameters.
  public var parameters: ParameterStorage

  /// The contents of the metadata key `geul`.
  public struct Metadata: Codable, Sendable, Equatable {
    /// The version of the format; a reader refuses a newer one.
    public var format = Metadata.currentFormat
    /// The shape of the network.
    public var architecture: Architecture
    /// The rules that turn text into tokens.
    public var tokenizer: Tokenizer
    /// The tokens in the order of their ids.
    public var vocabulary: Vocabulary
    /// The training of the model; nil for one that was never trained.
    public var training: Training?

    /// The version of the format that this program writes.
    public static let currentFormat = 1

    private enum CodingKeys: String, CodingKey {
      case format, tokenizer, vocabulary, training
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
      /// The fraction of the text, at its end, that was held out for validation.
      public var validationFraction: Double
      /// The validation loss in nats/token, from a zero state; nil where nothing was held out.
      public var validationNats: Double?
      /// The validation loss in bits/byte.
      public var validationBitsPerByte: Double?

      /// Creates a record of a training.
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

    /// Creates the metadata of a model.
    public init(
      architecture: Architecture, tokenizer: Tokenizer, vocabulary: Vocabulary,
      training: Training? = nil
    ) {
      self.architecture = architecture
      self.tokenizer = tokenizer
      self.vocabulary = vocabulary
      self.training = training
    }

    /// Returns options that read a text with the model's tokenizer and vocabulary.
    package func corpusOptions(
      encoding: String? = nil, invalid: InvalidBytePolicy = .error
    ) -> CorpusOptions {
      CorpusOptions(
        tokenizer: tokenizer, encoding: encoding, invalid: invalid, vocabulary: vocabulary)
    }

    /// Returns the number of tokens of `corpus` that the model was trained on; nil if it is not the training text.
    package func trainingTokenCount(of corpus: Corpus) -> Int? {
      guard let training, training.corpusHash == corpus.hash else { return nil }
      return Corpus.tokenCount(of: corpus.count, withoutLast: training.validationFraction)
    }
  }

  /// Creates a model.
  public init(_ metadata: Metadata, parameters: ParameterStorage) {
    self.metadata = metadata
    network = Network(metadata.architecture, vocabulary: metadata.vocabulary.count)
    precondition(parameters.layout == network.layout, "parameters of another network")
    self.parameters = parameters
  }

  /// The metadata key of `Metadata`.
  public static let metadataKey = "geul"

  /// Reads a model from a file, which may be a training checkpoint too.
  ///
  /// - Throws: `FormatError` if the file is damaged, no model of Geul, or of a later version.
  public init(contentsOf path: String) throws(FormatError) {
    try self.init(SafetensorsFile(contentsOf: path), name: path)
  }

  /// Reads a model from an open file, which errors call `name`.
  ///
  /// - Throws: `FormatError` if the file is no model of Geul, of a later version, or of wrong shapes.
  public init(_ file: SafetensorsFile, name: String) throws(FormatError) {
    func fault(_ sentence: String) -> FormatError {
      FormatError(file: name, reason: .metadata(sentence))
    }
    guard let text = file.metadata[Self.metadataKey] else {
      throw fault(
        "is not a model of Geul: its metadata has no key \"geul\". Give a file that `geul train` wrote."
      )
    }
    let metadata: Metadata
    do {
      let version = try JSONDecoder().decode(Version.self, from: Data(text.utf8))
      guard version.format == Metadata.currentFormat else {
        throw fault(
          "it has version \(version.format) of the format, this program reads version"
            + " \(Metadata.currentFormat). Use the program that wrote it, or a newer one.")
      }
      metadata = try JSONDecoder().decode(Metadata.self, from: Data(text.utf8))
    } catch let error as FormatError {
      throw error
    } catch {
      throw fault("what it says about the model cannot be read (\(Self.words(for: error))).")
    }
    try Self.checkLimits(metadata, fault)
    self.metadata = metadata
    network = Network(metadata.architecture, vocabulary: metadata.vocabulary.count)
    var tensors: [NamedTensor] = []
    for (tensor, shape) in network.tensorShapes {
      tensors.append(
        NamedTensor(
          name: tensor, shape: shape, values: try file.floats(tensor, shape: shape)))
    }
    if let broken = tensors.first(where: { !$0.values.allSatisfy(\.isFinite) }) {
      throw fault(
        "tensor \"\(broken.name)\" holds numbers that are not finite. Use an earlier checkpoint.")
    }
    parameters = network.parameters(from: tensors)
  }

  /// Validates sizes before memory is allocated.
  private static func checkLimits(
    _ metadata: Metadata, _ fault: (String) -> FormatError
  ) throws(FormatError) {
    let shape = metadata.architecture
    guard 1...64 ~= shape.layers, 1...65536 ~= shape.hidden else {
      throw fault(
        "a network of \(shape.layers) layers of \(shape.hidden) units is beyond what this"
          + " program reads (64 layers, 65536 units).")
    }
    do throws(TextError) { try metadata.vocabulary.check(for: metadata.tokenizer) } catch {
      throw fault("its vocabulary does not fit its tokenizer: \(error.description)")
    }
  }

  /// The contents of a file of this model, `bias_hh` included, so that PyTorch can load it.
  public var safetensors: SafetensorsFile {
    SafetensorsFile(
      metadata: [Self.metadataKey: Self.json(metadata)],
      tensors: network.tensors(of: parameters).map {
        SafetensorsFile.Tensor($0.name, shape: $0.shape, floats: $0.values)
      })
  }

  /// Returns JSON with sorted keys, so that equal values give equal bytes.
  package static func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Only values with string keys and finite numbers are encoded here.
    guard let data = try? encoder.encode(value) else { preconditionFailure("not encodable") }
    return String(decoding: data, as: UTF8.self)
  }

  private struct Version: Decodable { let format: Int }

  /// Describes a decoding error without the names of types.
  package static func words(for error: any Error) -> String {
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
  /// A file of that name is replaced in one step.
  ///
  /// - Throws: `FileError` if the file or a folder cannot be written.
  public func save(to path: String) throws(FileError) {
    try FileSystem.createFolder(FileSystem.folder(of: path))
    try safetensors.write(to: AtomicFile(path), keepingPrevious: false)
  }
}

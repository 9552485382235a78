internal import Foundation
public import GeulStorage
public import GeulCompute
public import GeulText

/// A network with all that is needed to use it: the tokenizer's rules, the vocabulary and the parameters.
///
/// One safetensors file is the model. Its tensors have PyTorch's names and shapes; all else is one JSON text under
/// the metadata key `geul`.
public struct Model: Sendable {
  /// All but the numbers.
  public var metadata: Metadata
  /// The network's shape.
  public let network: Network
  /// Its numbers.
  public var parameters: ParameterStorage

  /// What the metadata key `geul` holds.
  public struct Metadata: Codable, Sendable, Equatable {
    /// The version of this format; a reader refuses a newer one.
    public var format = Metadata.currentFormat
    /// The shape of the network.
    public var model: Architecture
    /// The rules that turn text into units.
    public var tokenizer: Tokenizer
    /// The units in the order of their ids.
    public var vocabulary: Vocabulary
    /// How the model came to be: nil for one that was never trained.
    public var training: Training?

    /// The version of the format that this program writes.
    public static let currentFormat = 1

    /// What is known of a model's training.
    public struct Training: Codable, Sendable, Equatable {
      /// How many steps had been made.
      public var step: Int
      /// How many times the text had been read.
      public var epochs: Double
      /// The hash of the text; see `Corpus.hash`.
      public var corpusHash: String
      /// The part of the text that was held out, at its end.
      public var validationFraction: Double
      /// Nats a unit on the part held out, scored from a zero state; nil where nothing was held out.
      public var validationNats: Double?
      /// Bits a byte on the part held out.
      public var validationBitsPerByte: Double?

      /// What is known.
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

    /// What there is to say about a model.
    public init(
      model: Architecture, tokenizer: Tokenizer, vocabulary: Vocabulary, training: Training? = nil
    ) {
      self.model = model
      self.tokenizer = tokenizer
      self.vocabulary = vocabulary
      self.training = training
    }
  }

  /// A model.
  public init(_ metadata: Metadata, parameters: ParameterStorage) {
    self.metadata = metadata
    network = Network(metadata.model, vocabulary: metadata.vocabulary.count)
    precondition(parameters.layout == network.layout, "parameters of another network")
    self.parameters = parameters
  }

  /// The metadata key under which `About` stands.
  public static let metadataKey = "geul"

  /// Reads a model from a file, which may be a training checkpoint too.
  ///
  /// - Throws: `FormatError` if the file is damaged, no model of Geul, or of a later version.
  public init(contentsOf path: String) throws(FormatError) {
    try self.init(SafetensorsFile(contentsOf: path), name: path)
  }

  /// Reads a model from a file that has been opened and that errors call `name`.
  ///
  /// - Throws: `FormatError` if the file is no model of Geul, of a later version, or of wrong shapes.
  public init(_ file: SafetensorsFile, name: String) throws(FormatError) {
    func fault(_ sentence: String) -> FormatError {
      FormatError(file: name, reason: .metadata(sentence))
    }
    guard let text = file.metadata[Self.metadataKey] else {
      throw fault(
        "it is no model of Geul: its metadata have no key \"geul\". Give a file that `geul train` wrote."
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
    network = Network(metadata.model, vocabulary: metadata.vocabulary.count)
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

  /// Sizes are checked before anything is made to their measure.
  private static func checkLimits(
    _ metadata: Metadata, _ fault: (String) -> FormatError
  ) throws(FormatError) {
    let shape = metadata.model
    guard 1...64 ~= shape.layers, 1...65536 ~= shape.hidden else {
      throw fault(
        "a network of \(shape.layers) layers of \(shape.hidden) units is beyond what this"
          + " program reads (64 layers, 65536 units).")
    }
    do throws(TextError) { try metadata.vocabulary.check(for: metadata.tokenizer) } catch {
      throw fault("its vocabulary does not fit its tokenizer: \(error.description)")
    }
  }

  /// What a file of this model holds: `bias_hh` included, so that PyTorch takes it.
  public var safetensors: SafetensorsFile {
    SafetensorsFile(
      metadata: [Self.metadataKey: Self.json(metadata)],
      tensors: network.tensors(of: parameters).map {
        SafetensorsFile.Tensor($0.name, shape: $0.shape, floats: $0.values)
      })
  }

  /// A value as JSON with sorted keys, so that equal values give equal bytes.
  package static func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // What is encoded here has string keys and finite numbers.
    guard let data = try? encoder.encode(value) else { preconditionFailure("not encodable") }
    return String(decoding: data, as: UTF8.self)
  }

  private struct Version: Decodable { let format: Int }

  /// What a decoding error says, without the names of types.
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

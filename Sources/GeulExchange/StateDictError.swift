internal import GeulModel

/// The reason why the state dict of a PyTorch model is not a network of Geul.
public struct StateDictError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The path of the file.
  public let file: String
  /// The reason.
  public let reason: Reason

  /// Creates an error for a file.
  public init(file: String, reason: Reason) {
    (self.file, self.reason) = (file, reason)
  }

  /// The file, the problem and a remedy.
  public var description: String { "\(file): \(reason)" }

  /// A reason for an error.
  public enum Reason: Error, Equatable, Sendable {
    /// No tensor has a name of torch.nn.RNN, LSTM or GRU.
    case noRecurrentLayers
    /// Several modules have recurrent layers.
    case ambiguousRecurrentLayers([String])
    /// There is no module of this name with recurrent layers, but these.
    case noModule(String, others: [String])
    /// The layers are bidirectional.
    case bidirectional(String)
    /// The LSTM projects its hidden state (`proj_size`).
    case projected(String)
    /// A tensor is missing.
    case missingTensor(String)
    /// A tensor does not have the shape that the others require.
    case wrongShape(tensor: String, found: [Int], expected: [Int])
    /// The recurrent matrix does not have 1, 3 or 4 times as many rows as columns.
    case unknownCell(tensor: String, shape: [Int])
    /// The layers are not of one kind and size.
    case differentLayers(String, String)
    /// A tensor does not contain floating-point numbers.
    case unsupportedDtype(tensor: String, dtype: String)
    /// A tensor contains infinity or NaN.
    case notFinite(String)
    /// No matrix has as many columns as the last layer has hidden units.
    case noProjection(hidden: Int)
    /// Several matrices may be the output projection.
    case ambiguousProjection([String])
    /// One matrix may be the embedding and the output projection, or the output projection is missing.
    case tied(String)
    /// The first layer reads neither one-hot vectors nor an embedding in the file.
    case noEmbedding(inputs: Int, vocabulary: Int)
    /// Several matrices may be the embedding.
    case ambiguousEmbedding([String])
    /// A matrix has another number of rows than the vocabulary has tokens.
    case vocabularySize(tensor: String, rows: Int, vocabulary: Int)
    /// A tensor belongs to a layer that Geul's network does not have.
    case unknownTensor(String)
    /// The network exceeds the limits of the model format.
    case tooLarge(layers: Int, hidden: Int)
  }
}

extension StateDictError.Reason: CustomStringConvertible {
  /// The problem and a remedy, to follow the name of the file.
  public var description: String {
    func list(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }
    return switch self {
    case .noRecurrentLayers:
      "has no recurrent layers: no tensor has a name such as lstm.weight_ih_l0. Give the state dict of a model with torch.nn.LSTM, GRU or RNN."
    case .ambiguousRecurrentLayers(let names):
      "has several modules with recurrent layers: \(list(names)). Name those of the network with --prefix, from the input to the output."
    case .noModule(let name, let others):
      "has no recurrent layers under \"\(name)\". Give --prefix one of \(list(others))."
    case .bidirectional(let tensor):
      "has bidirectional layers (\(tensor)), which read the text that a language model predicts. Give a model with layers in one direction."
    case .projected(let tensor):
      "has an LSTM with projections (\(tensor)), which Geul does not have. Give a model trained with proj_size=0."
    case .missingTensor(let tensor): "has no tensor \"\(tensor)\". Save the whole state dict."
    case .wrongShape(let tensor, let found, let expected):
      "tensor \"\(tensor)\" has shape \(found); the other tensors require \(expected)."
    case .unknownCell(let tensor, let shape):
      "tensor \"\(tensor)\" has shape \(shape); an RNN, GRU or LSTM has 1, 3 or 4 times as many rows as columns."
    case .differentLayers(let a, let b):
      "\"\(a)\" and \"\(b)\" have different kinds or sizes of layers; all layers of Geul's network are equal."
    case .unsupportedDtype(let tensor, let dtype):
      "tensor \"\(tensor)\" is \(dtype). Convert the model to float32 with model.float()."
    case .notFinite(let tensor):
      "tensor \"\(tensor)\" contains infinity or NaN, also as float32. Use an earlier checkpoint."
    case .noProjection(let hidden):
      "has no output projection: no matrix with \(hidden) columns, the number of hidden units. Save the whole state dict."
    case .ambiguousProjection(let names):
      "has several matrices that may be the output projection: \(list(names)). Name it with --projection."
    case .tied(let name):
      "has an embedding, \"\(name)\", but no output projection. If it is both (tied weights), add --projection \(name)."
    case .noEmbedding(let inputs, let vocabulary):
      "reads inputs of \(inputs) values, but has no embedding of this size, and the vocabulary has \(vocabulary) tokens. Give the vocabulary of the model, and save the whole state dict."
    case .ambiguousEmbedding(let names):
      "has several matrices that may be the embedding: \(list(names)). Name it with --embedding."
    case .vocabularySize(let tensor, let rows, let vocabulary):
      "tensor \"\(tensor)\" is for a vocabulary of \(rows) tokens, but the vocabulary has \(vocabulary). Give the vocabulary that the model was trained with."
    case .unknownTensor(let tensor):
      "has the tensor \"\(tensor)\" of a layer that Geul's network does not have, so its results would differ. If it has no effect on them, leave it out with --ignore \(tensor)."
    case .tooLarge(let layers, let hidden):
      "has \(layers) layers of \(hidden) units; a model of Geul has at most \(Model.layerLimit) layers of \(Model.hiddenLimit) units."
    }
  }
}

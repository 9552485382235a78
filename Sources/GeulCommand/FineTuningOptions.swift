import ArgumentParser
import Geul
import GeulCommandSupport

/// Options of fine-tuning, which starts from the parameters of a trained model.
struct FineTuningOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Fine-tuning: start from this model or run; new characters are added.", valueName: "model"),
    completion: .file())
  var initFrom: String?
  @Option(
    help: .advanced(
      "Fine-tuning: do not train the first n layers, except the embedding table.", valueName: "n"))
  var freezeLayers = 0

  @Option(
    help: .advanced(
      "Fine-tuning: enlarge the network to n hidden units per layer; its output is the same at the start.",
      valueName: "n"))
  var growHidden: Int?
  @Option(
    help: .advanced(
      "Fine-tuning: enlarge the network to n layers; its output is almost the same at the start.",
      valueName: "n"))
  var growLayers: Int?

  /// The model to start from; nil for new parameters, as also with nanoGPT's `--init-from scratch`.
  var model: String? { initFrom == "scratch" ? nil : initFrom }

  func validate() throws {
    try check("--grow-hidden", growHidden, in: 1...8192)
    try check("--grow-layers", growLayers, in: 1...64)
    try check("--freeze-layers", freezeLayers, in: 0...64)
    guard growHidden == nil || freezeLayers == 0 else {
      throw ValidationError(
        "--grow-hidden adds units to all layers, which must be trained. Leave out --freeze-layers.")
    }
    guard model == nil else { return }
    guard freezeLayers == 0 else {
      throw ValidationError("--freeze-layers needs --init-from MODEL: new layers must be trained.")
    }
    for (name, value) in [("hidden", growHidden), ("layers", growLayers)] {
      guard let value else { continue }
      throw ValidationError(
        "--grow-\(name) needs --init-from MODEL. For a new model, use --\(name) \(value).")
    }
  }

  /// Loads the model to start from; nil for new parameters.
  ///
  /// - Parameter seed: The seed of the run.
  /// - Returns: The model, with the units and layers that the options add.
  /// - Throws: `ValidationError` if the options do not fit the model; an error if the file cannot be read.
  func load(seed: UInt64) throws -> InitialModel? {
    guard let path = self.model else { return nil }
    if path == "resume", !FileSystem.exists(path) {
      throw ValidationError("--init-from resume is not supported: \(ForeignOptions.newRun)")
    }
    let model = try loadModel(path)
    let layers = model.metadata.architecture.layers
    guard freezeLayers <= layers else {
      throw ValidationError(
        "--freeze-layers \(freezeLayers): \(path) has \(quantity(layers, "layer")).")
    }
    return InitialModel(
      path: path, model: try grown(model, seed: seed), original: model.metadata.architecture,
      seed: seed)
  }

  /// Returns the model, enlarged as the options ask.
  private func grown(_ model: Model, seed: UInt64) throws -> Model {
    guard growHidden != nil || growLayers != nil else { return model }
    let own = model.metadata.architecture
    let (hidden, layers) = (growHidden ?? own.hidden, growLayers ?? own.layers)
    guard hidden >= own.hidden, layers >= own.layers else {
      throw ValidationError(
        "A network of \(own.layers) x \(own.hidden) cannot grow to \(layers) x \(hidden). --grow-hidden and --grow-layers give the total size."
      )
    }
    var larger = own
    (larger.hidden, larger.layers) = (hidden, layers)
    let count = Network(larger, vocabulary: model.metadata.vocabulary.count).layout.parameterCount
    // The parameters, their gradients, two moments and the moving average.
    let bytes = 5 * count * MemoryLayout<Float>.stride
    guard bytes <= MachineMemory.limit else {
      throw TrainingError.memory(
        parameters: count, needed: bytes, available: MachineMemory.limit,
        remedies: ["a smaller --grow-hidden", "fewer --grow-layers"])
    }
    var random = SplitMix64(seed: seed)
    return model.grown(hidden: hidden, layers: layers, &random)
  }
}

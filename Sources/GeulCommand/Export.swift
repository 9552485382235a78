import ArgumentParser
import Geul
import GeulCommandSupport
import PortableFoundation

/// `geul export`: writes a model or the metrics of a run for other programs.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a model or metrics for other programs.",
    usage: "geul export <model> [--onnx <file>] [--npz <file>] [<options>]",
    discussion: """
      geul export checkpoints/my --onnx my.onnx
      geul export checkpoints/my --npz my.npz
      geul export checkpoints/my --csv metrics.csv --tensorboard logs/my

      PyTorch reads the model file itself: it is a safetensors file with PyTorch's names. docs/exchange.md has examples.
      """)

  @Argument(
    help: "Model file, or run directory (its best model); a run for --csv and --tensorboard.",
    completion: .file())
  var model: String
  @Option(
    help: ArgumentHelp(
      "ONNX model with the state as input and output; - for standard output.", valueName: "file"),
    completion: .file())
  var onnx: String?
  @Option(
    help: ArgumentHelp("NumPy arrays of the parameters; - for standard output.", valueName: "file"),
    completion: .file())
  var npz: String?
  @Option(
    help: ArgumentHelp(
      "Metrics as comma-separated values; - for standard output.", valueName: "file"),
    completion: .file())
  var csv: String?
  @Option(
    help: ArgumentHelp("Metrics as an event file of TensorBoard.", valueName: "directory"),
    completion: .directory)
  var tensorboard: String?
  @Flag(help: "Overwrite existing files.")
  var force = false

  func validate() throws {
    let outputs = [onnx, npz, csv].compactMap(\.self)
    guard !outputs.isEmpty || tensorboard != nil else {
      throw ValidationError(
        "Choose what to write: --onnx FILE (ONNX model), --npz FILE (NumPy arrays), --csv FILE (metrics of a run)"
          + " or --tensorboard DIRECTORY (metrics of a run).")
    }
    guard Set(outputs).count == outputs.count else {
      throw ValidationError("Give each of --onnx, --npz and --csv another file.")
    }
  }

  func run() throws {
    let onnxFile = onnx.map { OutputFile($0, option: "--onnx", orStandardOutput: true) }
    let npzFile = npz.map { OutputFile($0, option: "--npz", orStandardOutput: true) }
    let csvFile = csv.map { OutputFile($0, option: "--csv", orStandardOutput: true) }
    for file in [onnxFile, npzFile, csvFile].compactMap(\.self) {
      try file.check(overwriting: force)
    }
    if let tensorboard { try TensorBoardDirectory(tensorboard).check(overwriting: force) }
    if onnxFile != nil || npzFile != nil {
      let loaded = try loadModel(model)
      NGramOptions.noteUnused(in: loaded, name: model, by: "the exported file")
      do {
        try onnxFile?.write(loaded.onnx(producerVersion: programVersion))
        try npzFile?.write(loaded.numPyArchive())
      } catch let error as ExchangeError {
        throw CommandError("\(model): \(error)")
      }
    }
    guard csvFile != nil || tensorboard != nil else { return }
    let folder = RunFolder(existing(model))
    try checkHasMetrics(folder)
    if let csvFile {
      try csvFile.write(Array(MetricsTable(contentsOf: folder.metricsPath).csv.utf8))
    }
    if let tensorboard { try writeEvents(of: folder, to: tensorboard) }
  }

  private func writeEvents(of folder: RunFolder, to directory: String) throws {
    var log = try TensorBoardLog(
      folder: TensorBoardDirectory(directory).path, time: Date().timeIntervalSince1970)
    try log.append(
      folder.metricsLog(), endingAt: folder.metricsTime ?? Date().timeIntervalSince1970)
    Output.note("Wrote \(log.path)")
  }
}

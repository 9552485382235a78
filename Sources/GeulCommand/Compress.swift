import ArgumentParser
import Geul
import GeulCommandSupport
import PortableFoundation

/// `geul compress`: compresses a file with a model's predictions.
struct Compress: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compress",
    abstract: "Compress a file with a model's predictions.",
    usage: "geul compress <file> --model <model> [<options>]",
    discussion: """
      geul compress letters.txt --model checkpoints/my        writes letters.txt.geul
      geul decompress letters.txt.geul --model checkpoints/my --out copy.txt

      Lossless for any file; decompression needs the same model. The compressed size in bits per input byte is about the \
      bits/byte that geul evaluate reports.
      """)

  @Argument(help: "Input file; - for standard input.", completion: .file())
  var file: String
  @OptionGroup var archive: ArchiveOptions
  @Flag(help: "Dynamic evaluation: adapt the model to the text already compressed.")
  var dynamic = false
  @OptionGroup var adaptation: AdaptationOptions
  @OptionGroup var machine: MachineOptions

  func run() throws {
    let compressor = try archive.compressor(machine)
    let bytes = try archive.read(file)
    let target = try archive.target(file, default: file + Self.fileExtension)
    if String(validating: bytes, as: UTF8.self) == nil {
      archive.note(
        "\(file) is not valid UTF-8 and is compressed as bytes. Converted to UTF-8 (iconv), text compresses far better."
      )
    }
    let compressed = compressor.compress(
      bytes, adaptation: dynamic ? adaptation.configuration : nil,
      progress: archive.progress(of: bytes.count))
    try archive.write(compressed, to: target)
    archive.note(
      "\(bytes.count) bytes compressed to \(compressed.count):"
        + " \(number(8 * Double(compressed.count) / Double(max(1, bytes.count)), 3)) bits/byte")
  }

  /// The file extension of an archive.
  static let fileExtension = ".geul"
}

/// `geul decompress`: decompresses an archive of `compress`.
struct Decompress: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Decompress a file of geul compress.",
    usage: "geul decompress <file> --model <model> [<options>]")

  @Argument(help: "Archive; - for standard input.", completion: .file(extensions: ["geul"]))
  var file: String
  @Option(
    help: ArgumentHelp(
      "Maximum decompressed size in bytes; larger output is refused.", valueName: "bytes"))
  var limit = Compressor.defaultSizeLimit
  @OptionGroup var archive: ArchiveOptions
  @OptionGroup var machine: MachineOptions

  func validate() throws { try check("--limit", limit, in: 1...Int.max) }

  func run() throws {
    let compressor = try archive.compressor(machine)
    let compressed = try archive.read(file)
    let name =
      file.hasSuffix(Compress.fileExtension)
      ? String(file.dropLast(Compress.fileExtension.count)) : file + ".out"
    let target = try archive.target(file, default: name)
    let bytes: [UInt8]
    do throws(ArchiveError) { bytes = try compressor.decompress(compressed, limit: limit) } catch {
      throw CommandError("\(file): \(error)")
    }
    try archive.write(bytes, to: target)
  }
}

/// Options shared by `compress` and `decompress`.
struct ArchiveOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: "Model file, run directory (its best model), or name of an installed model.",
    completion: .model)
  var model: String
  @Option(
    help: ArgumentHelp(
      "Output file; - for standard output (default: the input's name with .geul appended by compress, removed by decompress).",
      valueName: "path"), completion: .file())
  var out: String?
  @Flag(name: .shortAndLong, help: "Print only warnings and errors.")
  var quiet = false

  func compressor(_ machine: MachineOptions) throws -> Compressor {
    Compressor(try loadModel(model), context: try machine.context)
  }

  /// Returns the bytes of a file or of standard input.
  func read(_ file: String) throws -> [UInt8] {
    guard file != "-" else { return try FileDescriptor.standardInput.readToEnd() }
    return try FileDescriptor(reading: existing(file)).readToEnd()
  }

  /// Returns the output path; an existing file is never overwritten.
  func target(_ file: String, default name: String) throws -> String {
    let target = creatable(out ?? (file == "-" ? "-" : name))
    // A pipe or a device is written to; a file is never overwritten.
    guard target == "-" || !FileSystem.exists(target) || !FileSystem.isRereadable(target) else {
      throw CommandError("\(target) already exists. Choose another --out.")
    }
    return target
  }

  func write(_ bytes: [UInt8], to target: String) throws {
    guard target != "-" else {
      _ = try Output.bytes(bytes)
      return
    }
    guard FileSystem.isRereadable(target) else {
      return try FileDescriptor(appendingTo: target).write(bytes.span.raw)
    }
    try AtomicFile(target).replace { (out) throws(FileError) in try out.write(bytes.span) }
  }

  /// Prints a line to standard error, unless `--quiet`.
  func note(_ sentence: String) {
    if !quiet { Output.note(sentence) }
  }

  /// Returns a progress handler that shows the percentage on a terminal.
  func progress(of count: Int) -> (Int) -> Void {
    guard !quiet, Output.isLive else { return { _ in } }
    return { Output.live([Output.fitted(["\(100 * $0 / max(1, count)) %", "\($0) bytes"])]) }
  }
}

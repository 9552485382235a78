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
    let input = try archive.open(file)
    let target = try archive.target(file, default: file + Self.fileExtension)
    let compressor = try archive.compressor(machine)
    let bytes = try input.readToEnd()
    if String(validating: bytes, as: UTF8.self) == nil {
      archive.note(
        "\(file) is not valid UTF-8 and is compressed as bytes. Converted to UTF-8 (iconv), text compresses far better."
      )
    }
    let compressed = compressor.compress(
      bytes, adaptation: dynamic ? adaptation.configuration(archive.ngramOptions) : nil,
      progress: archive.progress(of: bytes.count))
    try target.writeSilently(compressed)
    let rate =
      bytes.isEmpty
      ? "" : ": \(number(8 * Double(compressed.count) / Double(bytes.count), 3)) bits/byte"
    archive.note("\(quantity(bytes.count, "byte")) compressed to \(compressed.count)\(rate)")
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
    let input = try archive.open(file)
    let name =
      file.hasSuffix(Compress.fileExtension)
      ? String(file.dropLast(Compress.fileExtension.count)) : file + ".out"
    let target = try archive.target(file, default: name)
    let compressor = try archive.compressor(machine)
    let compressed = try input.readToEnd()
    let bytes: [UInt8]
    do throws(ArchiveError) { bytes = try compressor.decompress(compressed, limit: limit) } catch {
      throw CommandError("\(file): \(error)")
    }
    try target.writeSilently(bytes)
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
  @OptionGroup var ngramOptions: NGramOptions

  func compressor(_ machine: MachineOptions) throws -> Compressor {
    Compressor(ngramOptions.apply(to: try loadModel(model)), context: try machine.context)
  }

  /// Opens a file, or standard input.
  func open(_ file: String) throws -> FileDescriptor {
    file == "-" ? .standardInput : try FileDescriptor(reading: existing(file))
  }

  /// Returns the output file, which can be written; an existing file is never overwritten.
  func target(_ file: String, default name: String) throws -> OutputFile {
    let target = OutputFile(
      out ?? (file == "-" ? "-" : name), option: "--out", orStandardOutput: true)
    try target.check(overwriting: false, force: nil)
    return target
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

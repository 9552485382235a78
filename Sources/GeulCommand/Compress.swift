import ArgumentParser
import Foundation
import Geul

/// `geul compress`: pack a file with a model.
struct Compress: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pack a file with a model: what it foretells well takes few bits.",
    usage: "geul compress <file> --model <model> [<options>]",
    discussion: """
      geul compress letters.txt --model checkpoints/my        writes letters.txt.geul
      geul decompress letters.txt.geul --model checkpoints/my --out again.txt

      Any file comes back byte for byte, with the same model. How small a text becomes is what evaluate says of it.
      """)

  @Argument(help: "The file, or - for standard input.")
  var file: String
  @OptionGroup var archive: ArchiveOptions
  @Flag(help: "Go on learning from what has been packed (dynamic evaluation).")
  var dynamic = false
  @OptionGroup var learning: AdaptationOptions
  @OptionGroup var machine: MachineOptions

  func run() throws {
    let compressor = try archive.compressor(machine)
    let bytes = try archive.read(file)
    let target = try archive.target(file, otherwise: file + Self.fileExtension)
    if String(validating: bytes, as: UTF8.self) == nil {
      archive.tell(
        "\(file): is not UTF-8, the only encoding in which packing sees characters. Converted (iconv), it packs far better."
      )
    }
    let packed = compressor.compress(
      bytes, adaptation: dynamic ? learning.learning : nil,
      progress: archive.progress(of: bytes.count))
    try archive.write(packed, to: target)
    archive.tell(
      "\(bytes.count) bytes, packed \(packed.count):"
        + " \(number(8 * Double(packed.count) / Double(max(1, bytes.count)), 3)) bits a byte")
  }

  /// What the name of a packed file ends with.
  static let fileExtension = ".geul"
}

/// `geul decompress`: unpack what `compress` packed.
struct Decompress: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Unpack what geul compress packed, with the same model.",
    usage: "geul decompress <file> --model <model> [<options>]")

  @Argument(help: "The packed file, or - for standard input.")
  var file: String
  @Option(help: "Refuse what unpacks to more bytes than this.")
  var limit = Compressor.defaultSizeLimit
  @OptionGroup var archive: ArchiveOptions
  @OptionGroup var machine: MachineOptions

  func validate() throws { try check("--limit", limit, in: 1...Int.max) }

  func run() throws {
    let compressor = try archive.compressor(machine)
    let packed = try archive.read(file)
    let name =
      file.hasSuffix(Compress.fileExtension)
      ? String(file.dropLast(Compress.fileExtension.count)) : file + ".out"
    let target = try archive.target(file, otherwise: name)
    let bytes: [UInt8]
    do throws(ArchiveError) { bytes = try compressor.decompress(packed, limit: limit) } catch {
      throw CommandError("\(file): \(error)")
    }
    try archive.write(bytes, to: target)
  }
}

/// What packing and unpacking share.
struct ArchiveOptions: ParsableArguments {
  @Option(name: [.short, .long], help: "A model's file, or the folder of a run (its best model).")
  var model: String
  @Option(
    help: "Where to write, - for standard output (default: beside the file, with or without .geul)."
  )
  var out: String?
  @Flag(name: .shortAndLong, help: "Report nothing but what needs attention.")
  var quiet = false

  func compressor(_ machine: MachineOptions) throws -> Compressor {
    Compressor(try loadModel(model), kernels: try machine.kernels, pool: machine.pool)
  }

  /// All bytes of a file or of standard input.
  func read(_ file: String) throws -> [UInt8] {
    do {
      return file == "-"
        ? Array(try FileHandle.standardInput.readToEnd() ?? Data())
        : Array(try Data(contentsOf: URL(filePath: absolute(file))))
    } catch {
      throw CommandError("\(file): cannot be read: \(error.localizedDescription) Check the path.")
    }
  }

  /// Where to write; nothing that is there is written over.
  func target(_ file: String, otherwise name: String) throws -> String {
    let target = out ?? (file == "-" ? "-" : name)
    guard target == "-" || !FileManager.default.fileExists(atPath: target) else {
      throw CommandError("\(target) is there already. Choose another --out.")
    }
    return target
  }

  func write(_ bytes: [UInt8], to target: String) throws {
    guard target != "-" else {
      _ = try Output.bytes(bytes)
      return
    }
    try AtomicFile(target).replace { (out) throws(FileError) in try out.write(bytes.span) }
  }

  /// Says how it went, unless that was not asked for.
  func tell(_ sentence: String) {
    if !quiet { Output.note(sentence) }
  }

  /// Shows on a terminal how far it is.
  func progress(of count: Int) -> (Int) -> Void {
    guard !quiet, Output.isTerminal else { return { _ in } }
    return { Output.live(["\(100 * $0 / max(1, count)) %", "\($0) bytes"]) }
  }
}

import Foundation
import GeulText
import TestSupport

/// The scalars of a text, to compare by code points and not by canonical equivalence.
func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }

/// The scalars of a text in a failure message, such as `41 301`.
func hex(_ text: String) -> String {
  text.unicodeScalars.map { String($0.value, radix: 16, uppercase: true) }.joined(separator: " ")
}

/// The text of scalars as written in the Unicode test files.
func text(hex: some StringProtocol) -> String {
  var view = String.UnicodeScalarView()
  for part in hex.split(separator: " ") {
    if let scalar = UInt32(part, radix: 16).flatMap({ Unicode.Scalar($0) }) { view.append(scalar) }
  }
  return String(view)
}

extension Tokenizer {
  /// Encodes a text with its own vocabulary and decodes it again, token by token.
  func roundTrip(_ text: String) throws -> String {
    let tokens = tokens(of: text)
    guard !tokens.isEmpty else { return "" }
    let vocabulary = try Vocabulary(distinct: tokens)
    var decoder = StreamDecoder(tokenizer: self, vocabulary: vocabulary)
    return tokens.compactMap { vocabulary.id(of: $0) }.map { decoder.append($0) }.joined()
      + decoder.finish()
  }
}

extension Vocabulary {
  /// The distinct tokens in the order of first occurrence.
  init(distinct tokens: [String]) throws {
    var seen: Set<[UInt32]> = []
    try self.init(tokens: tokens.filter { seen.insert(scalars($0)).inserted }, unknownID: nil)
  }
}

extension Corpus {
  /// The decoded text.
  var decoded: String {
    var decoder = StreamDecoder(tokenizer: tokenizer, vocabulary: vocabulary)
    return ids(0..<count).map { decoder.append(Int($0)) }.joined() + decoder.finish()
  }

  /// The token sequence.
  var tokens: [String] { ids(0..<count).map { $0 < 0 ? "?" : vocabulary.tokens[Int($0)] } }
}

/// A temporary folder that is removed at the end of a test.
final class Scratch {
  let path: String

  init() throws {
    let folder = FileManager.default.temporaryDirectory
    path = folder.appending(path: "geul-text-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    let url = URL(filePath: path).appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  /// Writes a text file and returns its path.
  @discardableResult
  func write(_ text: String, _ name: String) throws -> String {
    try write(Array(text.utf8), name)
  }
}

/// A generator of random texts of all scripts, with frequent difficult cases of segmentation and
/// normalization.
struct RandomText {
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  private static let blocks: [ClosedRange<UInt32>] = [
    0x20...0x7E, 0x20...0x7E, 0x0A...0x0D, 0x01...0x1F, 0x80...0xFF, 0x0100...0x024F,
    0x0300...0x036F, 0x0300...0x036F, 0x0370...0x05FF, 0x0600...0x06FF, 0x0900...0x0DFF,
    0x0915...0x094D, 0x0E00...0x0E7F, 0x0F00...0x0FFF, 0x1000...0x109F, 0x1100...0x1112,
    0x1161...0x1175, 0x11A8...0x11C2, 0x1100...0x11FF, 0xA960...0xA97F, 0xD7B0...0xD7FF,
    0xAC00...0xD7A3, 0xAC00...0xD7A3, 0x1B00...0x1BFF, 0x1E00...0x1FFF, 0x200B...0x200F,
    0x200D...0x200D, 0xFE0F...0xFE0F, 0x2028...0x2029, 0x2126...0x212B, 0x2600...0x27BF,
    0x3000...0x30FF, 0x302E...0x302F, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0xFB00...0xFB4F,
    0xFDF0...0xFDFF, 0xFF00...0xFFEF, 0x110BD...0x110C2, 0x11100...0x1114F, 0x1D15E...0x1D1C8,
    0x1F1E6...0x1F1FF, 0x1F300...0x1FAFF, 0x1F3FB...0x1F3FF, 0x1F466...0x1F469, 0x2F800...0x2FA1D,
    0xE0020...0xE007F, 0xE0100...0xE01EF, 0x01...0xD7FF, 0xE000...0x10FFFF,
  ]

  /// Returns the next text: 1 to `limit` scalars, none of them NUL.
  mutating func next(limit: Int = 24) -> String {
    var view = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 1...limit, using: &generator) {
      let block = Self.blocks[Int.random(in: 0..<Self.blocks.count, using: &generator)]
      if let scalar = Unicode.Scalar(UInt32.random(in: block, using: &generator)) {
        view.append(scalar)
      }
    }
    return String(view)
  }
}

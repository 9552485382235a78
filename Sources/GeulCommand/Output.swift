import Foundation
import Geul

#if canImport(Glibc)
  import Glibc
#endif

/// What goes where: results to standard output, all else to standard error.
enum Output {
  /// Whether a person looks at standard error.
  static let isTerminal = isatty(STDERR_FILENO) == 1

  /// Writes text to standard output at once.
  ///
  /// - Returns: false when nobody reads it any more.
  @discardableResult
  static func text(_ text: String) -> Bool {
    write(Array(text.utf8), to: STDOUT_FILENO)
  }

  /// Writes a line to standard error.
  static func note(_ line: String) {
    write(Array((Self.lineStart + line + "\n").utf8), to: STDERR_FILENO)
  }

  /// Shows a line that the next one replaces; only for a terminal.
  static func live(_ line: String) {
    write(Array((Self.lineStart + line).utf8), to: STDERR_FILENO)
  }

  /// On a terminal: to the start of the line, and clear it.
  private static var lineStart: String { isTerminal ? "\r\u{1B}[K" : "" }

  /// Writes one JSON object as a line to standard output.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    text(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
  }

  @discardableResult
  private static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
    signal(SIGPIPE, SIG_IGN)
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(file, $0.baseAddress, $0.count)
      }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { return false }
      rest = rest.dropFirst(written)
    }
    return true
  }
}

import Foundation
import Geul
import GeulCharts

#if canImport(Glibc)
  import Glibc
#endif

/// What goes where: results to standard output, all else to standard error.
enum Output {
  /// Whether a person looks at standard error.
  static let isTerminal = isatty(STDERR_FILENO) == 1

  /// A pipe that nobody reads and a limit on file sizes are errors of a write, not the end.
  static func ignoreSignals() {
    for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
  }

  /// Writes text to standard output at once.
  ///
  /// - Returns: false when nobody reads it any more.
  /// - Throws: `CommandError` when it cannot be written for another reason, such as a full disk.
  @discardableResult
  static func text(_ text: String) throws -> Bool { try bytes(Array(text.utf8)) }

  /// The same for bytes.
  static func bytes(_ bytes: [UInt8]) throws -> Bool {
    switch write(bytes, to: STDOUT_FILENO) {
    case 0: return true
    case EPIPE: return false
    case let code:
      throw CommandError(
        "standard output: could not be written: \(unsafe String(cString: strerror(code))).")
    }
  }

  /// Writes a line to standard error, on a terminal broken at words.
  static func note(_ line: String) {
    let shown = isTerminal ? wrappedLines(line, width: width).joined(separator: "\n") : line
    write(Array((Self.lineStart + shown + "\n").utf8), to: STDERR_FILENO)
  }

  /// Writes a text to standard error, its lines marked as quoted.
  static func quote(_ text: String) {
    let lines = wrappedLines(text, width: isTerminal ? width - 4 : .max)
    write(
      Array((Self.lineStart + lines.map { "  | \($0)\n" }.joined()).utf8), to: STDERR_FILENO)
  }

  /// Shows a line that the next one replaces; only for a terminal.
  static func live(_ parts: [String]) {
    write(Array((Self.lineStart + fitted(parts)).utf8), to: STDERR_FILENO)
  }

  /// A line of as many parts, the first ones, as a terminal has room for; all of them elsewhere.
  static func fitted(_ parts: [String]) -> String {
    guard isTerminal else { return parts.joined(separator: ", ") }
    var parts = parts
    while parts.count > 1, parts.joined(separator: ", ").count >= width { parts.removeLast() }
    return String(parts.joined(separator: ", ").prefix(max(1, width - 1)))
  }

  /// How many columns the terminal has.
  private static var width: Int {
    var size = winsize()
    guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return 80
    }
    return Int(size.ws_col)
  }

  /// On a terminal: to the start of the line, and clear it.
  private static var lineStart: String { isTerminal ? "\r\u{1B}[K" : "" }

  /// Writes one JSON object as a line to standard output.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    try text(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
  }

  /// Writes all of `bytes`.
  ///
  /// - Returns: 0, or the system's error number.
  @discardableResult
  private static func write(_ bytes: [UInt8], to file: Int32) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(file, $0.baseAddress, $0.count)
      }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { return errno }
      rest = rest.dropFirst(written)
    }
    return 0
  }
}

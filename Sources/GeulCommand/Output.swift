import Foundation
import Geul
import GeulCharts

#if canImport(Glibc)
  import Glibc
#endif

/// Output streams: results go to standard output, everything else to standard error.
enum Output {
  /// Indicates whether standard error is a terminal.
  static let isTerminal = isatty(STDERR_FILENO) == 1

  /// Ignores SIGPIPE and SIGXFSZ: a closed pipe and a file size limit become errors of the write.
  static func ignoreSignals() {
    for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
  }

  /// Writes text to standard output without buffering.
  ///
  /// - Returns: false if the reader has closed the pipe.
  /// - Throws: `CommandError` if writing fails for another reason, such as a full disk.
  @discardableResult
  static func text(_ text: String) throws -> Bool { try bytes(Array(text.utf8)) }

  /// Writes bytes to standard output, as `text(_:)` does.
  static func bytes(_ bytes: [UInt8]) throws -> Bool {
    do throws(FileError) {
      try FileDescriptor.standardOutput.write(bytes.span.raw)
      return true
    } catch {
      guard error.reason != .system(EPIPE) else { return false }
      throw CommandError("standard output: could not be written: \(error.message).")
    }
  }

  /// Writes a line to standard error, wrapped at words on a terminal.
  static func note(_ line: String) {
    let shown = isTerminal ? wrappedLines(line, width: width).joined(separator: "\n") : line
    show(Self.lineStart + shown + "\n")
  }

  /// Writes a text to standard error as a quotation.
  static func quote(_ text: String) {
    let lines = wrappedLines(text, width: isTerminal ? width - 4 : .max)
    show(Self.lineStart + lines.map { "  | \($0)\n" }.joined())
  }

  /// Shows a progress line on a terminal; the next line replaces it.
  static func live(_ fields: [String], dropping: [Int] = []) {
    show(lineStart + fitted(fields, dropping: dropping))
  }

  /// Joins the nonempty fields to a line; on a terminal that is too narrow for all of them, drops the
  /// fields at the indices in `dropping`, in this order, until the rest fits.
  static func fitted(_ fields: [String], dropping: [Int] = []) -> String {
    func line(_ dropped: Set<Int>) -> String {
      let shown = fields.indices.filter { !dropped.contains($0) && !fields[$0].isEmpty }
      return shown.map { fields[$0] }.joined(separator: "  ")
    }
    guard isTerminal else { return line([]) }
    var dropped: Set<Int> = []
    for index in dropping where line(dropped).count >= width { dropped.insert(index) }
    return String(line(dropped).prefix(max(1, width - 1)))
  }

  /// The number of columns of the terminal.
  private static var width: Int { columns(of: STDERR_FILENO) ?? 80 }

  /// Returns the number of columns of the terminal that a file descriptor refers to; nil if it is not a terminal.
  static func columns(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return Int(size.ws_col)
  }

  /// The control sequence that clears the line; empty without a terminal.
  private static var lineStart: String { isTerminal ? "\r\u{1B}[K" : "" }

  /// Writes a value to standard output as one line of JSON with snake_case keys.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    try text(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
  }

  /// Writes to standard error; a message that cannot be written is lost.
  private static func show(_ text: String) {
    try? FileDescriptor.standardError.write(Array(PathString.displayed(text).utf8).span.raw)
  }
}

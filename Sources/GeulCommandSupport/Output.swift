import Geul
import GeulCharts
import PortableFoundation
import Synchronization

/// Output streams: results go to standard output, everything else to standard error.
package enum Output {
  /// Indicates whether standard error is a terminal.
  package static let isTerminal = isatty(STDERR_FILENO) == 1
  /// Indicates whether standard output is a terminal, which gets the visible form of control characters.
  package static let isTerminalOutput = isatty(STDOUT_FILENO) == 1
  /// Indicates whether standard error is a terminal on which a progress line can be replaced.
  package static let isLive = understandsSequences(STDERR_FILENO)

  /// Indicates whether a file descriptor refers to a terminal that understands control sequences.
  package static func understandsSequences(_ descriptor: Int32) -> Bool {
    let type = ProcessInfo.processInfo.environment["TERM"] ?? ""
    return isatty(descriptor) == 1 && !type.isEmpty && type != "dumb"
  }

  /// Opens /dev/null on the standard streams that are closed, so that no file gets their numbers.
  ///
  /// It is opened in the wrong direction: using a closed stream stays an error.
  package static func openClosedStreams() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
      // `open` returns the lowest free number.
      _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Ignores SIGPIPE and SIGXFSZ: a closed pipe and a file size limit become errors of the write.
  package static func ignoreSignals() {
    for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
  }

  /// Writes text to standard output without buffering.
  ///
  /// A terminal gets the visible form of control characters.
  ///
  /// - Returns: False if the reader has closed the pipe, or does not read after a signal to stop.
  /// - Throws: `CommandError` if writing fails for another reason, such as a full disk.
  @discardableResult
  package static func text(_ text: String) throws -> Bool { try bytes(Array(visible(text).utf8)) }

  /// Writes text that may contain control sequences to standard output, as `text(_:)` does.
  @discardableResult
  package static func styledText(_ text: String) throws -> Bool { try bytes(Array(text.utf8)) }

  /// Returns the form of a text that standard output gets: on a terminal control characters are visible.
  package static func visible(_ text: String) -> String {
    isTerminalOutput ? visibleText(text) : text
  }

  /// Writes bytes to standard output, as `text(_:)` does.
  package static func bytes(_ bytes: [UInt8]) throws -> Bool {
    do throws(FileError) {
      return try write(bytes, to: .standardOutput, STDOUT_FILENO)
    } catch {
      guard error.reason != .system(EPIPE) else { return false }
      throw CommandError("standard output: could not be written: \(error.message).")
    }
  }

  /// Writes a line to standard error, wrapped at words on a terminal.
  package static func note(_ line: String) {
    let shown =
      isTerminal ? wrappedLines(visibleText(line), width: width).joined(separator: "\n") : line
    show(Self.lineStart + shown + "\n")
  }

  /// Writes a text to standard error as a quotation.
  package static func quote(_ text: String) {
    let lines = wrappedLines(
      isTerminal ? visibleText(text) : text, width: isTerminal ? width - 4 : .max)
    show(Self.lineStart + lines.map { "  | \($0)\n" }.joined())
  }

  /// Shows lines on a terminal, each less wide than it; what is shown next replaces them.
  package static func live(_ lines: [String]) {
    show(lineStart + lines.joined(separator: "\n"))
    liveWidths.withLock { $0 = lines.map { displayWidth(of: $0) } }
  }

  /// The number of columns of each line that the next output replaces.
  private static let liveWidths = Mutex<[Int]>([])

  /// Joins the nonempty fields to a line; on a terminal that is too narrow for all of them, drops the
  /// fields at the indices in `dropping`, in this order, until the rest fits.
  package static func fitted(_ fields: [String], dropping: [Int] = []) -> String {
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
  package static var width: Int { columns(of: STDERR_FILENO) ?? 80 }

  /// Returns the number of columns of the terminal that a file descriptor refers to; nil if it is not a terminal.
  package static func columns(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return Int(size.ws_col)
  }

  /// The control sequence that clears the lines that `live` has shown; empty where none can be replaced.
  ///
  /// If the terminal has become narrower, lines that were shown are divided into rows.
  private static var lineStart: String {
    guard isLive else { return "" }
    let columns = width
    let rows = liveWidths.withLock { widths in
      defer { widths = [] }
      return widths.reduce(0) { $0 + max(1, ($1 + columns - 1) / columns) }
    }
    return "\r" + (rows > 1 ? "\u{1B}[\(rows - 1)A" : "") + "\u{1B}[J"
  }

  /// Writes a value to standard output as one line of JSON with snake_case keys.
  package static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    try text(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
  }

  /// Writes to standard error; a message that cannot be written is lost.
  private static func show(_ text: String) {
    _ = try? write(
      Array(PathString.displayed(text).utf8), to: .standardError, STDERR_FILENO)
  }

  /// Writes bytes in blocks that do not wait for the reader, so that a signal to stop is answered although the reader
  /// of a pipe or a terminal has stopped reading.
  ///
  /// - Returns: False if the reader does not read after a signal to stop.
  private static func write(
    _ bytes: [UInt8], to file: FileDescriptor, _ descriptor: Int32
  ) throws(FileError) -> Bool {
    // A pipe that is ready takes 4096 bytes (PIPE_BUF) at once.
    for start in stride(from: 0, to: bytes.count, by: 4096) {
      guard waitUntilWritable(descriptor) else { return false }
      try file.write(bytes.span.raw.extracting(start..<min(bytes.count, start + 4096)))
    }
    return true
  }

  /// Waits until a descriptor is writable or has an error; returns false after a signal to stop.
  private static func waitUntilWritable(_ descriptor: Int32) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    while true {
      // A signal interrupts the call. The limit is for one that arrives before it.
      let result = unsafe poll(&request, 1, 500)
      if result > 0 || result < 0 && errno != EINTR { return true }
      if StopSignal.isReceived { return false }
    }
  }
}

internal import PortableFoundation
internal import Synchronization

/// A terminal in raw mode: keys arrive as bytes, without echo, and the screen is the alternate one.
///
/// The mode and the screen of the terminal are restored when the value is destroyed.
@safe
package struct RawTerminal: ~Copyable {
  private let input: Int32
  private let output: Int32
  private let savedMode: termios

  /// The size in columns and rows.
  package struct Size: Sendable, Equatable {
    package let columns, rows: Int

    /// Creates a size.
    package init(columns: Int, rows: Int) { (self.columns, self.rows) = (columns, rows) }
  }

  /// The alternate screen, bracketed paste.
  private static let begin = "\u{1B}[?1049h\u{1B}[?2004h\u{1B}[H\u{1B}[2J"
  private static let end = "\u{1B}[?2004l\u{1B}[?25h\u{1B}[0m\u{1B}[?1049l"

  private static let isResized = Atomic(false)
  private static let isContinued = Atomic(false)

  /// Puts a terminal into raw mode; nil if `input` or `output` is no terminal.
  ///
  /// - Parameters:
  ///   - input: The file descriptor of the keys.
  ///   - output: The file descriptor of the screen.
  package init?(input: Int32, output: Int32) {
    var mode = termios()
    guard isatty(output) == 1, unsafe tcgetattr(input, &mode) == 0 else { return nil }
    (self.input, self.output, savedMode) = (input, output, mode)
    signal(SIGWINCH) { _ in RawTerminal.isResized.store(true, ordering: .relaxed) }
    signal(SIGCONT) { _ in RawTerminal.isContinued.store(true, ordering: .relaxed) }
    enter()
  }

  deinit {
    signal(SIGWINCH, SIG_DFL)
    signal(SIGCONT, SIG_DFL)
    write(Self.end)
    var mode = savedMode
    _ = unsafe tcsetattr(input, TCSAFLUSH, &mode)
  }

  private func enter() {
    var mode = savedMode
    unsafe cfmakeraw(&mode)
    _ = unsafe tcsetattr(input, TCSADRAIN, &mode)
    write(Self.begin)
  }

  /// Returns true if the screen must be drawn again since the last call: its size has changed, or the process was
  /// stopped and continued.
  package func needsRedraw() -> Bool {
    let wasStopped = Self.isContinued.exchange(false, ordering: .relaxed)
    if wasStopped { enter() }
    return Self.isResized.exchange(false, ordering: .relaxed) || wasStopped
  }

  /// The current size; 80 columns and 24 rows if it is unknown.
  package var size: Size {
    var size = winsize()
    guard unsafe ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
    else { return Size(columns: 80, rows: 24) }
    return Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }

  /// Writes text with control sequences to the screen; errors are ignored.
  package func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes { bytes in
        unsafe writeBytes(output, bytes.baseAddress, bytes.count)
      }
      if count > 0 {
        bytes = bytes.dropFirst(count)
      } else if errno == EAGAIN {
        var request = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&request, 1, 100)
      } else if errno != EINTR {
        return
      }
    }
  }
}

/// The system's function of this name, which is hidden by the method.
private func writeBytes(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(file, bytes, count)
}

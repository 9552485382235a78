import Foundation
import Synchronization
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// A pseudoterminal, seen from the side of the terminal emulator.
///
/// Unchecked because only the test's thread opens and closes it.
final class Terminal: @unchecked Sendable {
  private var master: Int32
  private let received = Mutex<(bytes: [UInt8], isComplete: Bool)>(([], false))
  /// The output of a program that has ended.
  ///
  /// The output may arrive after the end of the program: this waits, for at most 10 seconds, until
  /// the system reports that no program uses the terminal.
  var text: String {
    let start = ContinuousClock.now
    while !received.withLock(\.isComplete), start.duration(to: .now) < .seconds(10) {
      usleep(1000)
    }
    return received.withLock { String(decoding: $0.bytes, as: UTF8.self) }
  }
  /// The path of the device for the program's input and output.
  let path: String

  /// Creates a terminal with a number of columns.
  init(columns: UInt16 = 80) throws {
    master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    // TIOCSPTLCK and TIOCGPTN of Linux, because Glibc's module has no posix_openpt.
    var (locked, number): (Int32, UInt32) = (0, 0)
    try #require(
      unsafe ioctl(master, 0x4004_5431, &locked) == 0
        && ioctl(master, 0x8004_5430, &number) == 0)
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    try #require(unsafe ioctl(master, UInt(TIOCSWINSZ), &size) == 0)
    path = "/dev/pts/\(number)"
    // Unread output would block the program.
    let master = master
    Thread.detachNewThread { [weak self] in
      var bytes = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = unsafe read(master, &bytes, bytes.count)
        self?.received.withLock {
          $0.bytes += bytes.prefix(max(0, count))
          $0.isComplete = count <= 0
        }
        guard count > 0 else { return }
      }
    }
  }

  /// Closes the terminal; the program's session receives SIGHUP.
  func close() {
    guard master >= 0 else { return }
    Glibc.close(master)
    master = -1
  }

  deinit { close() }
}

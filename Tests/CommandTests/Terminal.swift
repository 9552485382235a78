import Foundation
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A terminal that a program may be started in, seen from the side of the window.
///
/// Unchecked: only the test's own thread opens and closes it.
final class Terminal: @unchecked Sendable {
  private var window: Int32
  private let received = Mutex<[UInt8]>([])
  /// What has come to the window so far.
  var text: String { received.withLock { String(decoding: $0, as: UTF8.self) } }
  /// What a program opens.
  let path: String

  init() throws {
    window = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    // Linux' own calls, for Glibc's module does not show posix_openpt: TIOCSPTLCK and TIOCGPTN.
    var (locked, number): (Int32, UInt32) = (0, 0)
    try #require(
      unsafe ioctl(window, 0x4004_5431, &locked) == 0
        && ioctl(window, 0x8004_5430, &number) == 0)
    path = "/dev/pts/\(number)"
    // What is written must be read, or the program waits.
    let window = window
    Thread.detachNewThread { [weak self] in
      var bytes = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = unsafe read(window, &bytes, bytes.count)
        guard count > 0 else { return }
        self?.received.withLock { $0 += bytes.prefix(count) }
      }
    }
  }

  /// Closes the window; the program's session is hung up.
  func close() {
    guard window >= 0 else { return }
    Glibc.close(window)
    window = -1
  }

  deinit { close() }
}

import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A terminal that a program may be started in, seen from the side of the window.
final class Terminal {
  private var window: Int32
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
    Thread.detachNewThread {
      var bytes = [UInt8](repeating: 0, count: 4096)
      while unsafe read(window, &bytes, bytes.count) > 0 {}
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

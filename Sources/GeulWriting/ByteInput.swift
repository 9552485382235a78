internal import PortableFoundation

/// Bytes that arrive at a file descriptor, a terminal or a pipe, at any time.
package struct ByteInput: Sendable {
  private let file: Int32

  /// The result of waiting for bytes.
  package enum Arrival: Sendable, Equatable {
    case bytes([UInt8])
    /// Nothing has arrived in time, or a signal was received.
    case nothing
    /// There will be no more bytes.
    case end
  }

  /// Creates the input of a file descriptor.
  package init(file: Int32) { self.file = file }

  /// Waits for bytes for some milliseconds; 0 does not wait.
  package func next(within milliseconds: Int) -> Arrival {
    var request = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
    let ready = unsafe poll(&request, 1, Int32(clamping: milliseconds))
    guard ready > 0 else { return ready < 0 && errno != EINTR ? .end : .nothing }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(file, &bytes, bytes.count)
    guard count > 0 else {
      return count < 0 && (errno == EINTR || errno == EAGAIN) ? .nothing : .end
    }
    return .bytes(Array(bytes.prefix(count)))
  }
}

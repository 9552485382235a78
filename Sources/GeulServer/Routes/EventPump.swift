#if Server
import Geul
import NIOCore

/// Writes generated text to a client as events: the first text at once, then what is pending in one write.
///
/// The time between two writes grows to 20 ms, so that a short text is not delayed at its end. A client that does not
/// read suspends its sequences, and no others.
enum EventPump {
  /// The shortest and the longest time between two writes.
  private static let intervals = (
    first: Duration.milliseconds(1), longest: Duration.milliseconds(20)
  )

  /// Writes the output of all sequences; `events` returns the events of a part of it.
  static func writeAll(
    of run: GenerationRun, to write: Reply.Writer, _ events: ([SequenceOutput]) -> [UInt8]
  ) async throws {
    var interval = intervals.first
    while let outputs = await run.next() {
      let bytes = events(outputs)
      if !bytes.isEmpty { try await write(ByteBuffer(bytes: bytes)) }
      if run.isComplete { return }
      try? await Task.sleep(for: interval)
      interval = min(interval * 1.5, intervals.longest)
    }
  }
}
#endif

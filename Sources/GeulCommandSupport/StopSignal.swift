import PortableFoundation
import Synchronization

/// The signal that asked this process to stop.
package enum StopSignal {
  private static let received = Atomic<Int32>(0)

  /// Installs handlers that record SIGINT, SIGTERM and SIGHUP; a second SIGINT ends the process at once.
  ///
  /// A signal that the parent process set to be ignored, as nohup does, stays ignored.
  package static func watch() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let before = signal(number) { number in
        if StopSignal.received.exchange(number, ordering: .relaxed) == SIGINT && number == SIGINT {
          _exit(130)
        }
      }
      if unsafe unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
        signal(number, SIG_IGN)
      }
    }
  }

  /// Indicates whether a signal was received.
  package static var isReceived: Bool { received.load(ordering: .relaxed) != 0 }

  /// The error to throw after stopping because of the signal.
  package static var error: EndedBySignal {
    EndedBySignal(number: received.load(ordering: .relaxed))
  }
}

/// An error that ends the command after a signal, when the checkpoint is saved.
package struct EndedBySignal: Error {
  let number: Int32
  /// The exit code by the convention of shells: 130 after SIGINT, 143 after SIGTERM.
  package var exitCode: Int32 { 128 + number }
}

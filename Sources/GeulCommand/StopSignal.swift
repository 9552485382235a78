import Foundation
import Synchronization

/// The signal that asked this process to stop, once it has come.
enum StopSignal {
  private static let received = Atomic<Int32>(0)

  /// From now on SIGINT, SIGTERM and SIGHUP are noted; a second SIGINT ends the process at once.
  ///
  /// One that the parent had this process ignore, as nohup does, stays ignored.
  static func watch() {
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

  /// Whether one has come.
  static var hasCome: Bool { received.load(ordering: .relaxed) != 0 }

  /// What to throw when the work was left because one has come.
  static var ending: EndedBySignal { EndedBySignal(number: received.load(ordering: .relaxed)) }
}

/// The work was left in good order because of a signal.
struct EndedBySignal: Error {
  let number: Int32
  /// As shells count it: 130 after SIGINT, 143 after SIGTERM.
  var exitCode: Int32 { 128 + number }
}

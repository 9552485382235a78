import Foundation
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// A child process with default signal handling.
///
/// Foundation's `Process` crashes occasionally when several threads start processes, and its children
/// inherit blocked signals.
final class ChildProcess {
  private let id: pid_t
  private var ended: Int32?

  /// Starts a program; the first element of `arguments` is its path.
  init(
    _ arguments: [String], environment: [String: String], folder: String, input: String,
    output: String, errors: String
  ) throws {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    let write = O_WRONLY | O_CREAT | O_TRUNC
    unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, write, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, write, 0o600)

    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var (none, all) = (sigset_t(), sigset_t())
    unsafe sigemptyset(&none)
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    // `env` changes the directory and executes the program: Glibc's module has no function for that.
    let arguments = ["/usr/bin/env", "--chdir", folder] + arguments
    let words = unsafe arguments.map { unsafe strdup($0) } + [nil]
    let variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe (words + variables).forEach { unsafe free($0) } }
    var id: pid_t = 0
    let code = unsafe posix_spawn(&id, arguments[0], &actions, &attributes, words, variables)
    try #require(code == 0, "\(arguments[0]) cannot be started: error \(code)")
    self.id = id
  }

  /// Indicates whether the process is running.
  var isRunning: Bool {
    guard ended == nil else { return false }
    var status: Int32 = 0
    guard unsafe waitpid(id, &status, WNOHANG) == id else { return true }
    // The convention of shells: the exit code, or 128 plus the signal's number.
    let number = status & 0x7F
    ended = number == 0 ? status >> 8 & 0xFF : 128 + number
    return false
  }

  /// Indicates whether a signal was sent that the process has not received yet.
  func isPending(_ number: Int32) -> Bool {
    let status = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
    let masks = (status ?? "").split(separator: "\n")
      .filter { $0.hasPrefix("SigPnd:") || $0.hasPrefix("ShdPnd:") }
      .compactMap { $0.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } }
    return masks.contains { $0 >> (number - 1) & 1 == 1 }
  }

  /// The exit status; -1 while the process is running.
  var status: Int32 { ended ?? -1 }

  /// Sends a signal to the process.
  func send(_ number: Int32) {
    if isRunning { kill(id, number) }
  }

  deinit {
    guard ended == nil else { return }
    kill(id, SIGKILL)
    _ = waitpid(id, nil, 0)
  }
}

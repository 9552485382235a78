import Foundation
import Testing
import TestSupport

extension GeulProcess {
  /// The point at which `peakMemory(of:after:in:)` reads the memory.
  enum MeasuringPoint {
    /// The first output on standard output after a message on standard error.
    case message(String)
    /// The point at which a number of bytes of standard output has been read.
    case output(bytes: Int)
  }

  /// Runs `geul` and returns the peak of its resident memory in bytes, up to a point.
  ///
  /// At that point the process waits for a full pipe while VmHWM is read from /proc, so that the
  /// result does not depend on timing. The `ru_maxrss` of wait4 cannot be used: a child of
  /// posix_spawn begins in the memory of this process, and the kernel includes the peak of that
  /// memory after exec. The messages on standard error are written to the file `messages`.
  static func peakMemory(
    of arguments: [String], after point: MeasuringPoint, in folder: Folder
  ) throws -> Int {
    let (prepare, wait) =
      switch point {
      case .message(let text):
        (
          // Fills the pipe: a write that does not block fails when there is no more space.
          "dd if=/dev/zero of=pipe bs=4096 count=4096 oflag=nonblock 2> /dev/null",
          "until grep -q '\(text)' messages || ! kill -0 $id; do sleep 0.02; done"
        )
      case .output(let bytes): ("", "head -c \(bytes) <&3 > /dev/null")
      }
    let result = try shell(
      """
      mkfifo pipe && exec 3<>pipe
      \(prepare)
      "$geul" \(arguments.joined(separator: " ")) >&3 2> messages &
      id=$!
      \(wait)
      grep VmHWM /proc/$id/status
      cat <&3 > /dev/null &
      wait $id; code=$?
      kill $!; rm pipe; exit $code
      """, in: folder)
    try #require(result.status == 0, "\(result.stderr) \(folder.text("messages") ?? "")")
    return try #require(Int(result.stdout.filter(\.isNumber))) * 1024
  }
}

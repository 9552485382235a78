/// A streaming matcher of stop strings.
///
/// It holds back a suffix of the text that may still become a stop string.
struct StopStrings: Sendable {
  private let stops: [[UInt8]]
  /// The maximum number of bytes to hold back: one less than the longest stop string.
  private let maximumSuffixLength: Int
  private var pending: [UInt8] = []

  /// Creates a matcher of stop strings; empty ones are ignored.
  init(_ stops: [String]) {
    self.stops = stops.filter { !$0.isEmpty }.map { Array($0.utf8) }
    maximumSuffixLength = (self.stops.map(\.count).max() ?? 1) - 1
  }

  /// Appends a part of the text.
  ///
  /// - Returns: The text that can be shown, which ends before a stop string, and true if a stop
  ///   string occurred.
  mutating func append(_ text: String) -> (text: String, isStopped: Bool) {
    guard !stops.isEmpty else { return (text, false) }
    pending += Array(text.utf8)
    if let start = stops.compactMap({ pending.firstRange(of: $0)?.lowerBound }).min() {
      let shown = pending[..<start]
      pending = []
      return (String(decoding: shown, as: UTF8.self), true)
    }
    // Hold back the longest suffix that is a prefix of a stop string.
    let limit = min(pending.count, maximumSuffixLength)
    let suffixLength =
      (0...limit).last { count in
        stops.contains { $0.starts(with: pending.suffix(count)) }
      } ?? 0
    let shown = pending.dropLast(suffixLength)
    pending = Array(pending.suffix(suffixLength))
    return (String(decoding: shown, as: UTF8.self), false)
  }

  /// Returns the text held back at the end of a text without a stop string.
  mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }
}

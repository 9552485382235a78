/// A matcher of stop strings in a text that arrives in parts.
///
/// It holds back a suffix of the text that may still become a stop string.
struct StopStrings: Sendable {
  private let stops: [[UInt8]]
  private var pending: [UInt8] = []

  /// - Parameter stops: The stop strings, of which empty ones are ignored.
  init(_ stops: [String]) { self.stops = stops.filter { !$0.isEmpty }.map { Array($0.utf8) } }

  /// Appends a part of the text.
  ///
  /// - Returns: The text that can be shown, which ends before a stop string, and true if a stop
  ///   string occurred.
  mutating func append(_ text: String) -> (text: String, isStopped: Bool) {
    guard !stops.isEmpty else { return (text, false) }
    pending += Array(text.utf8)
    if let start = stops.compactMap({ pending.firstIndex(of: $0) }).min() {
      let shown = pending[..<start]
      pending = []
      return (String(decoding: shown, as: UTF8.self), true)
    }
    // Hold back the longest suffix that is a prefix of a stop string.
    let longest = stops.map(\.count).max() ?? 0
    let suffixLength = (0..<longest).reversed().first { count in
      count <= pending.count && stops.contains { $0.starts(with: pending.suffix(count)) }
    }
    let shown = pending.dropLast(suffixLength ?? 0)
    pending = Array(pending.suffix(suffixLength ?? 0))
    return (String(decoding: shown, as: UTF8.self), false)
  }

  /// Returns the text held back at the end of a text without a stop string.
  mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }
}

extension [UInt8] {
  /// Returns the index of the first occurrence of `pattern`.
  fileprivate func firstIndex(of pattern: [UInt8]) -> Int? {
    guard count >= pattern.count else { return nil }
    return (0...(count - pattern.count)).first {
      self[$0..<$0 + pattern.count].elementsEqual(pattern)
    }
  }
}

/// Finds the first of some strings in a text that comes in pieces, and holds back what may still become one.
struct StopStrings: Sendable {
  private let stops: [[UInt8]]
  private var held: [UInt8] = []

  /// - Parameter stops: the strings; empty ones never occur.
  init(_ stops: [String]) { self.stops = stops.filter { !$0.isEmpty }.map { Array($0.utf8) } }

  /// Takes the next piece.
  ///
  /// - Returns: what can be shown, and whether a stop string has come; what is shown ends before it.
  mutating func append(_ piece: String) -> (shown: String, stopped: Bool) {
    guard !stops.isEmpty else { return (piece, false) }
    held += Array(piece.utf8)
    if let start = stops.compactMap({ held.firstIndex(of: $0) }).min() {
      let shown = held[..<start]
      held = []
      return (String(decoding: shown, as: UTF8.self), true)
    }
    // The longest end of what is held that begins a stop string must wait.
    let longest = stops.map(\.count).max() ?? 0
    let waiting = (0..<longest).reversed().first { count in
      count <= held.count && stops.contains { $0.starts(with: held.suffix(count)) }
    }
    let shown = held.dropLast(waiting ?? 0)
    held = Array(held.suffix(waiting ?? 0))
    return (String(decoding: shown, as: UTF8.self), false)
  }

  /// What was held back when the text ends without a stop string.
  mutating func rest() -> String {
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }
}

extension [UInt8] {
  /// Where `pattern` first occurs.
  fileprivate func firstIndex(of pattern: [UInt8]) -> Int? {
    guard count >= pattern.count else { return nil }
    return (0...(count - pattern.count)).first {
      self[$0..<$0 + pattern.count].elementsEqual(pattern)
    }
  }
}

#if Server
import Synchronization

/// The measurements of the server's requests, in Prometheus' text format 0.0.4.
package final class Metrics: Sendable {
  private struct Key: Hashable {
    let route: String
    let status: Int
  }

  private struct State {
    var requests: [Key: Int] = [:]
    var duration: [String: Histogram] = [:]
    var firstText = Histogram(Metrics.seconds)
    var active = 0
    var (promptTokens, cachedTokens, completionTokens) = (0, 0, 0)
    var disconnects = 0
  }

  /// The upper bounds of the buckets of times in seconds.
  static let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60]

  private let state = Mutex(State())

  package init() {}

  /// Records the start of a request.
  package func begin() { state.withLock { $0.active += 1 } }

  /// Records the end of a request.
  package func end(route: String, status: Int, seconds: Double) {
    state.withLock { state in
      state.active -= 1
      state.requests[Key(route: route, status: status), default: 0] += 1
      state.duration[route, default: Histogram(Self.seconds)].observe(seconds)
    }
  }

  /// Records the time from the start of a request to its first text.
  package func firstText(seconds: Double) { state.withLock { $0.firstText.observe(seconds) } }

  /// Records the tokens of a request.
  package func count(promptTokens: Int, cachedTokens: Int, completionTokens: Int) {
    state.withLock { state in
      state.promptTokens += promptTokens
      state.cachedTokens += cachedTokens
      state.completionTokens += completionTokens
    }
  }

  /// Records that a client left before its response ended.
  package func countDisconnect() { state.withLock { $0.disconnects += 1 } }

  /// Writes the measurements.
  package func write(to text: inout MetricsText) {
    let state = state.withLock { $0 }
    text.begin("geul_http_requests_total", .counter, "Requests by route and status.")
    let requests = state.requests.sorted {
      ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status)
    }
    for (key, count) in requests {
      text.sample(Double(count), [("route", key.route), ("status", "\(key.status)")])
    }
    text.begin("geul_http_requests_active", .gauge, "Requests that have no complete response.")
    text.sample(Double(state.active))
    text.begin("geul_http_disconnects_total", .counter, "Clients that left before their response.")
    text.sample(Double(state.disconnects))
    text.begin("geul_http_request_duration_seconds", .histogram, "Duration of requests.")
    for (route, histogram) in state.duration.sorted(by: { $0.key < $1.key }) {
      text.histogram(histogram, [("route", route)])
    }
    text.begin(
      "geul_time_to_first_text_seconds", .histogram,
      "Time from a request for generated text to the first text.")
    text.histogram(state.firstText, [])
    text.begin("geul_prompt_tokens_total", .counter, "Tokens of prompts.")
    text.sample(Double(state.promptTokens))
    text.begin(
      "geul_cached_prompt_tokens_total", .counter, "Tokens of prompts whose state was cached.")
    text.sample(Double(state.cachedTokens))
    text.begin(
      "geul_completion_tokens_total", .counter, "Generated tokens of requests that have ended.")
    text.sample(Double(state.completionTokens))
  }
}

/// The numbers of observations up to each of some bounds.
package struct Histogram: Sendable {
  package let bounds: [Double]
  /// The number of observations in each bucket; the last one has those above all bounds.
  package private(set) var counts: [Int]
  package private(set) var sum = 0.0

  /// Creates an empty histogram with ascending bounds.
  package init(_ bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  /// Adds an observation.
  package mutating func observe(_ value: Double) {
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
  }
}
#endif

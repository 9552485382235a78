#if Server
import Geul
import HTTPTypes

/// `GET /`, `/health` and `/metrics`.
extension ServerState {
  /// Returns the page that runs the models in a browser.
  func page(_ exchange: Exchange) async throws -> Reply {
    let page = try await page.page(of: registry, workQueue)
    let headers: HTTPFields = [.eTag: page.tag, .cacheControl: "no-cache"]
    let known = exchange.headers[.ifNoneMatch]?.split(separator: ",") ?? []
    let isKnown = known.contains { tag in
      let bare = tag.drop { $0 == " " }
      return bare == "*" || (bare.hasPrefix("W/") ? bare.dropFirst(2) : bare) == page.tag
    }
    return isKnown
      ? Reply([], type: "text/html; charset=utf-8", status: 304, headers: headers)
      : Reply(page.html, type: "text/html; charset=utf-8", headers: headers)
  }

  /// Returns what a load balancer asks for: whether the server takes requests.
  func health() -> Reply {
    let models = registry.models
    let statistics = models.map(\.service.statistics)
    let health = Health(
      isServing: !isShuttingDown, models: models.map(\.id),
      active: statistics.reduce(0) { $0 + $1.active },
      waiting: statistics.reduce(0) { $0 + $1.waiting }, sessions: sessions.count)
    return Reply(health.response, status: health.status)
  }

  /// Returns the measurements in Prometheus' text format.
  func metricsText() -> Reply {
    var text = MetricsText()
    metrics.write(to: &text)
    let models = registry.models.map { (id: $0.id, statistics: $0.service.statistics) }
    func write(
      _ name: String, _ kind: MetricsText.Kind, _ help: String,
      _ value: (GenerationService.Statistics) -> Int
    ) {
      text.begin(name, kind, help)
      for (id, statistics) in models {
        text.sample(Double(value(statistics)), [("model", id)])
      }
    }
    write("geul_sequences_active", .gauge, "Texts that are being generated.", \.active)
    write("geul_sequences_waiting", .gauge, "Texts that wait for their start.", \.waiting)
    write(
      "geul_sequences_suspended", .gauge, "Texts that wait because a client does not read.",
      \.suspended)
    write("geul_engine_steps_total", .counter, "Decoding steps.", \.steps)
    write(
      "geul_engine_generated_tokens_total", .counter,
      "Tokens that were generated, also for requests that run or were canceled.",
      \.generatedTokens)
    write(
      "geul_engine_read_tokens_total", .counter, "Tokens of prompts that were read.", \.readTokens)
    write("geul_prefix_cache_bytes", .gauge, "Size of the prefix cache.", \.cacheBytes)
    write("geul_prefix_cache_states", .gauge, "States in the prefix cache.", \.cachedStates)
    text.begin("geul_sessions", .gauge, "Sessions.")
    text.sample(Double(sessions.count))
    text.begin("geul_model_loads_total", .counter, "Times that the models were loaded.")
    text.sample(Double(registry.version + 1))
    if let bytes = ProcessUsage.residentBytes {
      text.begin("process_resident_memory_bytes", .gauge, "Resident memory.")
      text.sample(Double(bytes))
    }
    if let count = ProcessUsage.descriptorCount {
      text.begin("process_open_fds", .gauge, "Open file descriptors.")
      text.sample(Double(count))
    }
    return Reply(Array(text.text.utf8), type: MetricsText.mediaType)
  }
}
#endif

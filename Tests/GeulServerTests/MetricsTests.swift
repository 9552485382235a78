#if Server
import GeulServer
import Testing

struct MetricsTests {
  @Test
  func `a histogram counts the observations up to each bound`() {
    var histogram = Histogram([1, 2])
    for value in [0.5, 1, 1.5, 3] { histogram.observe(value) }
    var text = MetricsText()
    text.begin("seconds", .histogram, "Duration.")
    text.histogram(histogram, [("route", "/a")])
    #expect(
      text.text == """
        # HELP seconds Duration.
        # TYPE seconds histogram
        seconds_bucket{route="/a",le="1"} 2
        seconds_bucket{route="/a",le="2"} 3
        seconds_bucket{route="/a",le="+Inf"} 4
        seconds_sum{route="/a"} 6
        seconds_count{route="/a"} 4

        """)
  }

  @Test
  func `special characters of labels are escaped`() {
    var text = MetricsText()
    text.begin("a", .gauge, "A.")
    text.sample(0.5, [("model", "a\"b\\c\nd")])
    #expect(text.text.hasSuffix("a{model=\"a\\\"b\\\\c\\nd\"} 0.5\n"))
  }

  @Test
  func `requests are counted by route and status`() {
    let metrics = Metrics()
    for status in [200, 200, 404] {
      metrics.begin()
      metrics.end(route: "/x", status: status, seconds: 0.003)
    }
    metrics.begin()
    metrics.count(promptTokens: 5, cachedTokens: 2, completionTokens: 7)
    var text = MetricsText()
    metrics.write(to: &text)
    for line in [
      "geul_http_requests_total{route=\"/x\",status=\"200\"} 2",
      "geul_http_requests_total{route=\"/x\",status=\"404\"} 1",
      "geul_http_requests_active 1",
      "geul_http_request_duration_seconds_bucket{route=\"/x\",le=\"0.0025\"} 0",
      "geul_http_request_duration_seconds_bucket{route=\"/x\",le=\"0.005\"} 3",
      "geul_prompt_tokens_total 5", "geul_cached_prompt_tokens_total 2",
      "geul_completion_tokens_total 7",
    ] {
      #expect(text.text.contains(line + "\n"), "\(line)")
    }
  }
}
#endif

#if Server

/// A text in Prometheus' exposition format, version 0.0.4.
package struct MetricsText: Sendable {
  /// The text so far.
  package private(set) var text = ""
  private var name = ""

  /// The type of a metric.
  package enum Kind: String, Sendable { case counter, gauge, histogram }

  /// The media type of the format.
  package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

  package init() {}

  /// Begins a metric, whose samples follow.
  package mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    self.name = name
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  /// Adds a sample with labels.
  package mutating func sample(
    _ value: Double, _ labels: [(name: String, value: String)] = [], suffix: String = ""
  ) {
    let list = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
    text += "\(name)\(suffix)\(list.isEmpty ? "" : "{\(list)}") \(Self.number(value))\n"
  }

  /// Adds the samples of a histogram.
  package mutating func histogram(
    _ histogram: Histogram, _ labels: [(name: String, value: String)]
  ) {
    var count = 0
    for (index, inBucket) in histogram.counts.enumerated() {
      count += inBucket
      let bound = index < histogram.bounds.count ? Self.number(histogram.bounds[index]) : "+Inf"
      sample(Double(count), labels + [("le", bound)], suffix: "_bucket")
    }
    sample(histogram.sum, labels, suffix: "_sum")
    sample(Double(count), labels, suffix: "_count")
  }

  private static func number(_ value: Double) -> String {
    Int(exactly: value).map { "\($0)" } ?? "\(value)"
  }

  /// Returns a label's value with the characters escaped that the format reserves.
  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
#endif

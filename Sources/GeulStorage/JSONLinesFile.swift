import PortableFoundation

/// A file of JSON values, one per line (https://jsonlines.org).
///
/// ```swift
/// let log = JSONLinesFile("run/metrics.jsonl", usesSnakeCase: true)
/// try log.append(metrics)
/// let all = log.values(Metrics.self)
/// ```
///
/// A crash while a value is appended loses at most that value: reading skips incomplete lines.
package struct JSONLinesFile: Sendable {
  /// The path of the file.
  package let path: String
  /// Indicates whether keys are written and read in snake case instead of as declared.
  package let usesSnakeCase: Bool

  /// Creates a value for the file at a path, without opening it.
  package init(_ path: String, usesSnakeCase: Bool = false) {
    self.path = path
    self.usesSnakeCase = usesSnakeCase
  }

  /// Appends a value as one line, and creates the file if it does not exist.
  ///
  /// The keys are sorted. The line is written with one system call and not synchronized.
  ///
  /// - Throws: `FileError` if the file cannot be written; `EncodingError` if the value cannot be
  ///   encoded as JSON, such as a non-finite number.
  package func append(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if usesSnakeCase { encoder.keyEncodingStrategy = .convertToSnakeCase }
    let line = [UInt8](try encoder.encode(value)) + [0x0A]
    try FileDescriptor(appendingTo: path).write(line.span.raw)
  }

  /// Returns the values in the order of the lines; lines that cannot be decoded as this type are skipped.
  ///
  /// - Returns: The values; empty if the file cannot be read.
  package func values<Value: Decodable>(_ type: Value.Type) -> [Value] {
    let decoder = decoder
    return lines().compactMap { try? decoder.decode(type, from: Data($0)) }
  }

  /// Removes the lines that cannot be decoded as this type or do not satisfy a condition.
  ///
  /// The file is replaced atomically, and only if that changes its bytes. A missing file is created
  /// empty.
  ///
  /// - Throws: `FileError` if the file cannot be replaced.
  package func keepLines<Value: Decodable>(
    _ type: Value.Type, where isKept: (Value) -> Bool
  ) throws(FileError) {
    let decoder = decoder
    let old = try? FileDescriptor(reading: path).readToEnd()
    var kept: [UInt8] = []
    for line in Self.lines(of: old ?? []) {
      guard let value = try? decoder.decode(type, from: Data(line)), isKept(value) else { continue }
      kept += line
      kept.append(0x0A)
    }
    guard kept != old else { return }
    try AtomicFile(path).replace(keepingPrevious: false) { (output) throws(FileError) in
      try output.write(kept.span)
    }
  }

  private var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    if usesSnakeCase { decoder.keyDecodingStrategy = .convertFromSnakeCase }
    return decoder
  }

  private func lines() -> [ArraySlice<UInt8>] {
    Self.lines(of: (try? FileDescriptor(reading: path).readToEnd()) ?? [])
  }

  private static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    bytes.split(separator: 0x0A)
  }
}

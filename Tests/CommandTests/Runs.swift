import Foundation
import Testing
import TestSupport

/// Training runs of the tests: networks so small that a run takes a fraction of a second.
enum Runs {
  static let tiny = [
    "--hidden", "16", "--layers", "1", "--batch", "4", "--length", "8", "--seed", "1",
    "--threads", "1", "--sample-every", "0",
  ]

  /// Returns the arguments without options that a later one of the same name overrides.
  static func overriding(_ arguments: [String]) -> [String] {
    var kept: [String] = []
    for (index, argument) in arguments.enumerated() {
      let isOverridden = { arguments[($0 + 1)...].contains(arguments[$0]) }
      if argument.hasPrefix("--"), isOverridden(index) { continue }
      let isValue = index > 0 && arguments[index - 1].hasPrefix("--") && !argument.hasPrefix("--")
      if isValue, isOverridden(index - 1) { continue }
      kept.append(argument)
    }
    return kept
  }

  /// Returns a directory with a text and a completed run on it.
  static func trained(_ arguments: [String] = [], text: String = Texts.english) throws -> Folder {
    let folder = try Folder()
    try folder.write(text, to: "text.txt")
    let result = try GeulProcess.run(
      overriding(["train", "text.txt", "--out", "run", "--steps", "20"] + tiny + arguments),
      in: folder)
    try #require(result.status == 0, "\(result.stderr)")
    return folder
  }

  /// Returns a copy of a completed run that is not trained again: by default `english`.
  ///
  /// A test may change it, but the run names the text of the original.
  static func copied(_ run: Swift.Result<Folder, any Error> = Runs.english) throws -> Folder {
    let (original, copy) = (try run.get(), try Folder())
    for name in ["text.txt", "run"] {
      try FileManager.default.copyItem(atPath: original.file(name), toPath: copy.file(name))
    }
    return copy
  }

  /// Runs that tests only read.
  static let english = Swift.Result { try trained() }
  static let korean = Swift.Result { try trained(["--unit", "jamo"], text: Texts.korean) }
}

extension GeulProcess.Result {
  /// Returns the JSON object on standard output.
  func json() throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: output) as? [String: Any])
  }

  /// Expects an error: nothing on standard output, and on standard error one line without internal
  /// names.
  func expectRefusal(
    _ code: Int32, naming parts: String..., at location: SourceLocation = #_sourceLocation
  ) {
    #expect(status == code, "\(stderr)", sourceLocation: location)
    #expect(output.isEmpty, sourceLocation: location)
    #expect(notes.count == 1 && stderr.hasSuffix("\n"), "\(stderr)", sourceLocation: location)
    let line = notes.last ?? ""
    #expect(line.hasPrefix("geul: "), "\(line)", sourceLocation: location)
    #expect(line.hasSuffix(".") || line.hasSuffix("?"), "\(line)", sourceLocation: location)
    #expect(line.count < 400, "\(line)", sourceLocation: location)
    // Internal names such as `Error.case` and `Type(field: ...)`, and runtime failures.
    let jargon = line.firstMatch(
      of: /Fatal|Optional|Swift|NSCocoa|Error\b|[a-z][A-Z]\w*\(|\w+\(\w+: |Reason/)
    #expect(jargon == nil, "\(line)", sourceLocation: location)
    for part in parts { #expect(line.contains(part), "\(line)", sourceLocation: location) }
  }
}

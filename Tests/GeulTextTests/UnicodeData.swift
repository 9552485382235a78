import Foundation
import Testing

/// The test files of Unicode, from Debian's package unicode-data.
enum UnicodeData {
  static let hint: Comment =
    "NOT TESTED: Unicode's test files are missing; apt-get install -y unicode-data bzip2"

  static let graphemeBreakTest = lines("auxiliary/GraphemeBreakTest.txt")
  static let normalizationTest = lines("NormalizationTest.txt")

  /// The lines of a file, which may be compressed, without comments.
  ///
  /// If the file is missing, prints a hint and returns nil.
  private static func lines(_ name: String) -> [String]? {
    let path = "/usr/share/unicode/" + name
    guard
      let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? decompressed(path + ".bz2")
    else {
      print("\(hint) (\(path))")
      return nil
    }
    return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { String($0) }
  }

  private static func decompressed(_ path: String) -> String? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["bzip2", "-dc", path]
    process.standardOutput = pipe
    guard (try? process.run()) != nil else { return nil }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
  }
}

/// Corpora outside of the repository, in a folder next to the checkout.
enum SharedCorpora {
  static let hint: Comment = "NOT TESTED: ../shared/corpora is missing"

  /// The path of a text.
  ///
  /// If the text is missing, prints a hint and returns nil.
  static func path(_ name: String) -> String? {
    let root = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let path = root.deletingLastPathComponent().appending(path: "shared/corpora/\(name)").path
    guard FileManager.default.fileExists(atPath: path) else {
      print("\(hint) (\(path))")
      return nil
    }
    return path
  }
}

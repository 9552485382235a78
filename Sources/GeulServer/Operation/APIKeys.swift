#if Server
import Foundation
import Geul
import GeulCommandSupport

/// The keys that clients may present; all clients are admitted if there are none.
package struct APIKeys: Sendable {
  private let keys: [[UInt8]]

  /// Creates keys from the lines of a text; spaces around them and empty lines are ignored.
  package init(lines text: String) {
    keys = text.split(whereSeparator: \.isNewline).map {
      Array($0.utf8.drop { $0 == 0x20 || $0 == 0x09 })
    }.map { key in
      Array(key.prefix((key.lastIndex { $0 != 0x20 && $0 != 0x09 } ?? -1) + 1))
    }.filter { !$0.isEmpty }
  }

  /// Reads the keys of a file; without a file, GEUL_API_KEY is the only key if it is set.
  ///
  /// - Throws: `CommandError` if the file cannot be read or has no key.
  static func load(file: String?) throws -> APIKeys {
    guard let file else {
      return APIKeys(lines: ProcessInfo.processInfo.environment["GEUL_API_KEY"] ?? "")
    }
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try FileDescriptor(reading: existing(file)).readToEnd()
    } catch {
      throw CommandError("\(file): the key file could not be read: \(error.message).")
    }
    let keys = APIKeys(lines: String(decoding: bytes, as: UTF8.self))
    guard !keys.isEmpty else {
      throw CommandError("\(file): the key file has no key. Write one key a line.")
    }
    return keys
  }

  /// Indicates whether there are no keys, so that all clients are admitted.
  package var isEmpty: Bool { keys.isEmpty }

  /// Indicates whether a key is one of these.
  ///
  /// The time does not depend on how much of a key is right, nor on which key it is.
  package func contains(_ key: [UInt8]) -> Bool {
    var isFound: UInt8 = 0
    for known in keys { isFound |= Self.areEqual(known, key) }
    return isFound == 1
  }

  /// Returns 1 if two keys are equal, otherwise 0; the time depends on the length of `given` only.
  private static func areEqual(_ known: [UInt8], _ given: [UInt8]) -> UInt8 {
    var difference = UInt(bitPattern: known.count ^ given.count)
    for index in given.indices {
      difference |= UInt(given[index] ^ known[index % known.count])
    }
    // All bits are 0 only for equal keys; no branch depends on them.
    return UInt8(truncatingIfNeeded: ((difference | (0 &- difference)) >> (UInt.bitWidth - 1)) ^ 1)
  }

  /// Returns the key of an Authorization header: a Bearer token, or the password of Basic authentication.
  package static func key(ofAuthorization header: String) -> [UInt8]? {
    guard let space = header.firstIndex(of: " ") else { return nil }
    let value = header[header.index(after: space)...].drop { $0 == " " }
    switch header[..<space].lowercased() {
    case "bearer": return Array(value.utf8)
    case "basic":
      guard let decoded = Data(base64Encoded: String(value)),
        let colon = decoded.firstIndex(of: UInt8(ascii: ":"))
      else { return nil }
      return Array(decoded[decoded.index(after: colon)...])
    default: return nil
    }
  }
}
#endif

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Returns a number as C's printf formats it, such as `formatted(0.5, "%.3f")`.
///
/// Foundation's `String(format:)` would make every start of the program load Foundation's tables of all languages.
///
/// - Precondition: `format` has one conversion of a double, such as `%g`.
package func formatted(_ value: Double, _ format: String) -> String {
  var characters = [CChar](repeating: 0, count: 512)
  unsafe withVaList([value]) { arguments in
    _ = unsafe vsnprintf(&characters, characters.count, format, arguments)
  }
  return String(
    decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

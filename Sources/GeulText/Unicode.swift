import CGeulUnicode

// The only Swift file that calls CGeulUnicode: buffers and their lengths are passed together here.

/// The functions of ICU on slices of bytes.
enum ICU {
  /// The version of ICU, such as "72.1".
  static let version = unsafe String(cString: geul_icu_version())

  /// Returns the length of the longest prefix that is valid UTF-8 without NUL, and the length of
  /// the invalid sequence after it: 0 if all bytes are valid, -1 if the last one is incomplete.
  static func utf8Prefix(of bytes: ArraySlice<UInt8>) -> (length: Int, bad: Int) {
    var bad: Int32 = 0
    let length = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe geul_utf8_prefix(bytes.baseAddress, Int64(bytes.count), &bad)
    }
    return (Int(length), Int(bad))
  }

  // Empty texts return before `append(addingCapacity:)`: with no capacity to add, an empty array
  // writes its length, 0, to the empty storage that all arrays share, which is a data race.

  /// Appends the normal form of `text`, which is valid UTF-8, to `out`.
  ///
  /// - Returns: The number of bytes of `text` that were used: all bytes of the last text, otherwise
  ///   those that following text cannot change.
  static func normalize(
    _ text: ArraySlice<UInt8>, _ form: NormalForm, last: Bool, into out: inout ByteQueue
  ) -> Int {
    let rule: geul_form
    let growth: Int
    switch form {
    case .none: preconditionFailure("the normal form must not be none")
    case .nfc: (rule, growth) = (GEUL_NFC, GEUL_NFC_GROWTH)
    case .nfd: (rule, growth) = (GEUL_NFD, GEUL_NFD_GROWTH)
    case .nfkc: (rule, growth) = (GEUL_NFKC, GEUL_NFKC_GROWTH)
    }
    guard !text.isEmpty else { return 0 }
    var used: Int64 = 0
    out.bytes.append(addingCapacity: text.count * growth) { output in
      unsafe output.withUnsafeMutableBufferPointer { output, written in
        unsafe text.withUnsafeBufferPointer { text in
          let start = unsafe output.baseAddress.map { unsafe $0 + written }
          written += checked(
            unsafe geul_normalize(
              rule, text.baseAddress, Int64(text.count), last, start, Int64(output.count - written),
              &used))
        }
      }
    }
    return Int(used)
  }

  /// Returns the position of the next byte EF of valid UTF-8: the first of U+FEFF, U+FFFD and others.
  static func nextMark(in text: ArraySlice<UInt8>) -> Int? {
    let found = unsafe text.withUnsafeBufferPointer { text in
      unsafe geul_find_byte(text.baseAddress, Int64(text.count), 0xEF)
    }
    return found < 0 ? nil : text.startIndex + Int(found)
  }

  /// Appends the scalars of `text`, which is valid UTF-8.
  static func scalars(of text: ArraySlice<UInt8>, into codes: inout [UInt32]) {
    guard !text.isEmpty else { return }
    codes.append(addingCapacity: text.count) { output in
      unsafe output.withUnsafeMutableBufferPointer { output, written in
        unsafe text.withUnsafeBufferPointer { text in
          let start = unsafe output.baseAddress.map { unsafe $0 + written }
          written += Int(unsafe geul_scalars(text.baseAddress, Int64(text.count), start))
        }
      }
    }
  }

  /// Returns the most likely encodings of the bytes, best first, with a confidence from 0 to 100.
  static func guessEncodings(of bytes: ArraySlice<UInt8>) -> [(name: String, confidence: Int)] {
    var guesses = [geul_guess](repeating: geul_guess(), count: 8)
    let found = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe geul_guess_encodings(
        bytes.baseAddress, Int32(clamping: bytes.count), &guesses, Int32(guesses.count))
    }
    return guesses.prefix(Int(found)).map { guess in
      let name = unsafe withUnsafeBytes(of: guess.name) { name in
        unsafe String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
      }
      return (name, Int(guess.confidence))
    }
  }

  /// The common names of ICU's encodings.
  static var encodingNames: [String] {
    (0..<geul_encoding_count()).map { unsafe String(cString: geul_encoding_name($0)) }
  }

  /// Returns the script of a scalar as a number; `scriptName` returns its name.
  static func script(of scalar: UInt32) -> Int { Int(geul_script(scalar)) }

  /// Returns the name of a script, such as "Hangul".
  static func scriptName(_ script: Int) -> String {
    unsafe String(cString: geul_script_name(Int32(script)))
  }

  /// Returns the ranges of a pattern in the syntax of ICU's UnicodeSet, ascending.
  ///
  /// - Returns: The ranges, and true if the set also has strings; nil if the pattern is malformed.
  static func ranges(
    ofClass pattern: String
  ) -> (ranges: [ClosedRange<UInt32>], hasStrings: Bool)? {
    var error: Int64 = 0
    let bytes = Array(pattern.utf8)
    let opened = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe geul_class_open(bytes.baseAddress, Int64(bytes.count), &error)
    }
    guard let set = unsafe opened else { return nil }
    defer { unsafe geul_class_close(set) }
    var ranges: [ClosedRange<UInt32>] = []
    var hasStrings = false
    let count = unsafe geul_class_count(set)
    for index in 0..<count {
      var (first, last): (UInt32, UInt32) = (0, 0)
      if unsafe geul_class_range(set, index, &first, &last) {
        ranges.append(first...last)
      } else {
        hasStrings = true
      }
    }
    return (ranges, hasStrings)
  }

  /// Returns a count, or ends the process if it is an error.
  ///
  /// On valid input, ICU fails only if its data files are missing or memory is exhausted.
  fileprivate static func checked(_ count: Int64) -> Int {
    guard count >= 0 else {
      fatalError("ICU \(version) failed: \(unsafe String(cString: geul_error_name(count))).")
    }
    return Int(count)
  }
}

/// Splits text into extended grapheme clusters with ICU's break iterator.
@safe
final class GraphemeSegmenter {
  private let segmenter: OpaquePointer

  init() {
    guard let segmenter = unsafe geul_segmenter_open() else {
      fatalError("Out of memory: cannot open a grapheme segmenter.")
    }
    unsafe self.segmenter = unsafe segmenter
  }

  deinit { unsafe geul_segmenter_close(segmenter) }

  /// Appends the graphemes of `text`, which is valid UTF-8, to `batch`.
  ///
  /// - Returns: The number of bytes that were used: all bytes of the last text, otherwise up to the
  ///   last grapheme that is certainly complete.
  func segment(_ text: ArraySlice<UInt8>, last: Bool, into batch: inout TokenBatch) -> Int {
    var used: Int64 = 0
    unsafe append(to: &batch, from: text) { start, count, tokens in
      unsafe geul_graphemes(segmenter, start, count, last, tokens, &used)
    }
    return Int(used)
  }

  /// Appends the graphemes of a complete text according to ICU alone: the slow reference for tests.
  func segmentByICU(_ text: ArraySlice<UInt8>, into batch: inout TokenBatch) {
    unsafe append(to: &batch, from: text) { start, count, tokens in
      unsafe geul_graphemes_by_icu(segmenter, start, count, tokens)
    }
  }

  private func append(
    to batch: inout TokenBatch, from text: ArraySlice<UInt8>,
    with segment: (UnsafePointer<UInt8>?, Int64, UnsafeMutablePointer<geul_tokens>) -> Int64
  ) {
    guard !text.isEmpty else { return }
    unsafe text.withUnsafeBufferPointer { text in
      batch.codes.append(addingCapacity: text.count) { codes in
        batch.clusters.append(addingCapacity: text.count) { clusters in
          unsafe codes.withUnsafeMutableBufferPointer { codes, codeCount in
            unsafe clusters.withUnsafeMutableBufferPointer { clusters, byteCount in
              var tokens = unsafe geul_tokens(
                codes: codes.baseAddress, count: Int64(codeCount),
                clusters: clusters.baseAddress, bytes: Int64(byteCount))
              _ = ICU.checked(unsafe segment(text.baseAddress, Int64(text.count), &tokens))
              codeCount = unsafe Int(tokens.count)
              byteCount = unsafe Int(tokens.bytes)
            }
          }
        }
      }
    }
  }
}

/// An ICU converter from an encoding to UTF-8.
@safe
final class Converter {
  private let converter: OpaquePointer

  /// Opens a converter; nil if ICU does not know the encoding.
  init?(_ name: String) {
    guard let converter = unsafe geul_converter_open(name) else { return nil }
    unsafe self.converter = unsafe converter
  }

  deinit { unsafe geul_converter_close(converter) }

  /// ICU's canonical name of the encoding.
  var name: String { unsafe String(cString: geul_converter_name(converter)) }

  /// The number of unpaired surrogates so far, which became U+FFFD.
  var unpairedCount: Int { Int(unsafe geul_converter_unpaired(converter)) }

  /// Appends `bytes` as UTF-8 to `out`, up to the first invalid sequence.
  ///
  /// - Returns: The number of bytes that were used, including the invalid sequence; the invalid
  ///   sequence; and the number of bytes that were used beyond it.
  func convert(
    _ bytes: ArraySlice<UInt8>, last: Bool, into out: inout ByteQueue
  ) -> (used: Int, invalid: [UInt8], ahead: Int) {
    var used: Int64 = 0
    var bad: Int32 = 0
    let capacity = 4 * bytes.count + GEUL_CONVERT_RESERVE
    out.bytes.append(addingCapacity: capacity) { output in
      unsafe output.withUnsafeMutableBufferPointer { output, written in
        unsafe bytes.withUnsafeBufferPointer { bytes in
          let start = unsafe output.baseAddress.map { unsafe $0 + written }
          written += ICU.checked(
            unsafe geul_convert(
              converter, bytes.baseAddress, Int64(bytes.count), last, start,
              Int64(output.count - written), &used, &bad))
        }
      }
    }
    guard bad > 0 else { return (Int(used), [], 0) }
    var invalid = [UInt8](repeating: 0, count: 16)
    var ahead: Int32 = 0
    let length = unsafe geul_converter_invalid(converter, &invalid, &ahead)
    return (Int(used), Array(invalid.prefix(Int(length))), Int(ahead))
  }
}

import CGeulUnicode

// The only Swift that calls the C shim over ICU: lengths are passed with their buffers here and
// nowhere else.

/// ICU's functions on slices of bytes.
enum ICU {
  /// Such as "72.1".
  static let version = unsafe String(cString: geul_icu_version())

  /// The longest prefix that is valid UTF-8 without NUL, and what follows it: the length of an
  /// ill-formed sequence, 0 if the bytes end well, -1 if they end inside a sequence that could go
  /// on.
  static func utf8Prefix(of bytes: ArraySlice<UInt8>) -> (length: Int, bad: Int) {
    var bad: Int32 = 0
    let length = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe geul_utf8_prefix(bytes.baseAddress, Int64(bytes.count), &bad)
    }
    return (Int(length), Int(bad))
  }

  // An empty text is left out wherever an array makes room: with no room to make, the array writes its length, 0, into
  // the one empty storage that all arrays of the process share, and two threads may do so at once.

  /// Appends the normal form of `text`, valid UTF-8, to `out` and answers how many bytes of `text`
  /// it took: all if it is the last, else up to where coming text could still change something.
  static func normalize(
    _ text: ArraySlice<UInt8>, _ form: NormalForm, last: Bool, into out: inout ByteQueue
  ) -> Int {
    let rule: geul_form
    let growth: Int
    switch form {
    case .none: preconditionFailure("there is nothing to normalise")
    case .nfc: (rule, growth) = (geul_nfc, GEUL_NFC_GROWTH)
    case .nfd: (rule, growth) = (geul_nfd, GEUL_NFD_GROWTH)
    case .nfkc: (rule, growth) = (geul_nfkc, GEUL_NFKC_GROWTH)
    }
    guard !text.isEmpty else { return 0 }
    var used: Int64 = 0
    out.bytes.append(addingCapacity: text.count * growth) { room in
      unsafe room.withUnsafeMutableBufferPointer { room, written in
        unsafe text.withUnsafeBufferPointer { text in
          let start = unsafe room.baseAddress.map { unsafe $0 + written }
          written += checked(
            unsafe geul_normalize(
              rule, text.baseAddress, Int64(text.count), last, start, Int64(room.count - written),
              &used))
        }
      }
    }
    return Int(used)
  }

  /// Appends the scalar values of `text`, valid UTF-8.
  static func scalars(of text: ArraySlice<UInt8>, into units: inout [UInt32]) {
    guard !text.isEmpty else { return }
    units.append(addingCapacity: text.count) { room in
      unsafe room.withUnsafeMutableBufferPointer { room, written in
        unsafe text.withUnsafeBufferPointer { text in
          let start = unsafe room.baseAddress.map { unsafe $0 + written }
          written += Int(unsafe geul_scalars(text.baseAddress, Int64(text.count), start))
        }
      }
    }
  }

  /// The encodings that the bytes are likeliest in, best first, with a confidence from 0 to 100.
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

  /// The common names of the encodings that ICU knows.
  static var encodingNames: [String] {
    (0..<geul_encoding_count()).map { unsafe String(cString: geul_encoding_name($0)) }
  }

  /// The script of a scalar value, as a small number; `scriptName` names it.
  static func script(of scalar: UInt32) -> Int { Int(geul_script(scalar)) }

  /// Such as "Hangul".
  static func scriptName(_ script: Int) -> String {
    unsafe String(cString: geul_script_name(Int32(script)))
  }

  /// A count that the shim answered.
  ///
  /// Failure on sound input means that ICU has no data or the machine no memory.
  fileprivate static func checked(_ count: Int64) -> Int {
    guard count >= 0 else {
      fatalError("ICU \(version) fails: \(unsafe String(cString: geul_error_name(count))).")
    }
    return Int(count)
  }
}

/// Owner of ICU's character break iterator.
@safe
final class GraphemeFinder {
  private let segmenter: OpaquePointer

  init() {
    guard let segmenter = unsafe geul_segmenter_open() else {
      fatalError("There is no memory left.")
    }
    unsafe self.segmenter = unsafe segmenter
  }

  deinit { unsafe geul_segmenter_close(segmenter) }

  /// Adds the graphemes of `text`, valid UTF-8, to `batch` and answers how many bytes it took: all
  /// if it is the last text, else up to the last grapheme that is certainly whole.
  func find(in text: ArraySlice<UInt8>, last: Bool, into batch: inout TokenBatch) -> Int {
    var used: Int64 = 0
    unsafe fill(&batch, from: text) { start, count, units in
      unsafe geul_graphemes(segmenter, start, count, last, units, &used)
    }
    return Int(used)
  }

  /// The same for a whole text by ICU alone, slowly: what `find` is tested against.
  func findByICU(in text: ArraySlice<UInt8>, into batch: inout TokenBatch) {
    unsafe fill(&batch, from: text) { start, count, units in
      unsafe geul_graphemes_by_icu(segmenter, start, count, units)
    }
  }

  private func fill(
    _ batch: inout TokenBatch, from text: ArraySlice<UInt8>,
    with find: (UnsafePointer<UInt8>?, Int64, UnsafeMutablePointer<geul_units>) -> Int64
  ) {
    guard !text.isEmpty else { return }
    unsafe text.withUnsafeBufferPointer { text in
      batch.codes.append(addingCapacity: text.count) { codes in
        batch.clusters.append(addingCapacity: text.count) { clusters in
          unsafe codes.withUnsafeMutableBufferPointer { codes, codeCount in
            unsafe clusters.withUnsafeMutableBufferPointer { clusters, byteCount in
              var units = unsafe geul_units(
                units: codes.baseAddress, count: Int64(codeCount),
                clusters: clusters.baseAddress, bytes: Int64(byteCount))
              _ = ICU.checked(unsafe find(text.baseAddress, Int64(text.count), &units))
              codeCount = unsafe Int(units.count)
              byteCount = unsafe Int(units.bytes)
            }
          }
        }
      }
    }
  }
}

/// Owner of an ICU converter to UTF-8.
@safe
final class Converter {
  private let converter: OpaquePointer

  /// Nothing if ICU knows no encoding of that name.
  init?(_ name: String) {
    guard let converter = unsafe geul_converter_open(name) else { return nil }
    unsafe self.converter = unsafe converter
  }

  deinit { unsafe geul_converter_close(converter) }

  /// Appends `bytes` as UTF-8 to `out` up to the first invalid sequence.
  ///
  /// Answers how many bytes it took, that sequence included; the sequence; and how many bytes it
  /// took beyond it.
  func convert(
    _ bytes: ArraySlice<UInt8>, last: Bool, into out: inout ByteQueue
  ) -> (used: Int, invalid: [UInt8], ahead: Int) {
    var used: Int64 = 0
    var bad: Int32 = 0
    let capacity = 4 * bytes.count + GEUL_CONVERT_ROOM
    out.bytes.append(addingCapacity: capacity) { room in
      unsafe room.withUnsafeMutableBufferPointer { room, written in
        unsafe bytes.withUnsafeBufferPointer { bytes in
          let start = unsafe room.baseAddress.map { unsafe $0 + written }
          written += ICU.checked(
            unsafe geul_convert(
              converter, bytes.baseAddress, Int64(bytes.count), last, start,
              Int64(room.count - written), &used, &bad))
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

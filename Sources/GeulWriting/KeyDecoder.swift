internal import GeulText

/// A decoder of the bytes that a terminal sends: UTF-8, and the control sequences of xterm's keys.
///
/// Bytes may arrive in any parts. Invalid UTF-8 is ignored.
package struct KeyDecoder: Sendable {
  private enum State: Sendable, Equatable {
    case text
    /// After ESC, which may be the key or the start of a control sequence.
    case escape
    /// After ESC O: one more byte follows.
    case singleShift
    /// After ESC [.
    case sequence
    /// Within a bracketed paste.
    case paste
  }

  private var state = State.text
  /// The bytes so far of a control sequence or a paste.
  private var bytes: [UInt8] = []
  private var characters = UTF8Assembler()

  private static let pasteEnd = Array("\u{1B}[201~".utf8)
  /// The number of bytes above which a control sequence is ignored.
  private static let maximumSequenceLength = 32

  /// Creates a decoder.
  package init() {}

  /// Indicates whether the last byte may be the Escape key or begin a control sequence, so that the next byte, or a
  /// pause, decides.
  package var isUndecided: Bool {
    switch state {
    case .text, .paste: false
    case .escape, .singleShift, .sequence: true
    }
  }

  /// Returns the keys that the next bytes complete.
  package mutating func append(_ bytes: some Sequence<UInt8>) -> [Key] {
    bytes.flatMap { append($0) }
  }

  /// Returns the key that a pause after the last byte completes: Escape, if nothing followed ESC.
  package mutating func finish() -> [Key] {
    guard isUndecided else { return [] }
    defer { state = .text }
    return state == .escape ? [.escape] : []
  }

  private mutating func append(_ byte: UInt8) -> [Key] {
    switch state {
    case .text:
      return characters.append(byte).unicodeScalars.compactMap { key($0) }
    case .escape:
      switch byte {
      case UInt8(ascii: "["): (state, bytes) = (.sequence, [])
      case UInt8(ascii: "O"): state = .singleShift
      case 0x1B: return [.escape]
      default:
        // Alt with a key.
        state = .text
        return [.other]
      }
      return []
    case .singleShift:
      state = .text
      return [Self.key(final: byte)]
    case .sequence:
      return extendSequence(byte)
    case .paste:
      bytes.append(byte)
      guard byte == Self.pasteEnd.last, bytes.suffix(Self.pasteEnd.count) == Self.pasteEnd[...]
      else { return [] }
      state = .text
      return [.paste(typedText(bytes.dropLast(Self.pasteEnd.count)))]
    }
  }

  /// Returns the key of a code point; nil if it is ignored or begins a sequence.
  private mutating func key(_ scalar: Unicode.Scalar) -> Key? {
    switch scalar.value {
    case 0x09: return .tab
    case 0x0D, 0x0A: return .enter
    case 0x08, 0x7F: return .backspace
    case 0x1B:
      state = .escape
      return nil
    case 0x01...0x1A:
      return .control(Character(Unicode.Scalar(UInt8(scalar.value) + 0x60)))
    case 0xFFFD: return nil  // stands for invalid UTF-8
    case _ where scalar.properties.generalCategory == .control: return nil
    default: return .character(scalar)
    }
  }

  /// Adds a byte to a control sequence, ESC [ parameters final (ECMA-48, section 5.4).
  private mutating func extendSequence(_ byte: UInt8) -> [Key] {
    switch byte {
    case 0x20...0x3F:
      if bytes.count < Self.maximumSequenceLength { bytes.append(byte) }
      return []
    case 0x1B:
      state = .escape
      return []
    case 0x40...0x7E:
      state = .text
      guard byte == UInt8(ascii: "~") else { return [Self.key(final: byte)] }
      let number = String(decoding: bytes.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
      guard number != "200" else {
        (state, bytes) = (.paste, [])
        return []
      }
      return [Self.key(number: number)]
    default:
      state = .text
      return []
    }
  }

  private static func key(final: UInt8) -> Key {
    switch final {
    case UInt8(ascii: "A"): .up
    case UInt8(ascii: "B"): .down
    case UInt8(ascii: "C"): .right
    case UInt8(ascii: "D"): .left
    case UInt8(ascii: "F"): .end
    case UInt8(ascii: "H"): .home
    case UInt8(ascii: "Z"): .shiftTab
    default: .other
    }
  }

  private static func key(number: String) -> Key {
    switch number {
    case "1", "7": .home
    case "4", "8": .end
    case "5": .pageUp
    case "6": .pageDown
    default: .other
    }
  }
}

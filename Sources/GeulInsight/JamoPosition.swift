/// The position of a conjoining jamo in a Hangul syllable.
public enum JamoPosition: String, Sendable, CaseIterable {
  /// A leading consonant (초성).
  case lead
  /// A vowel (중성).
  case vowel
  /// A trailing consonant (종성, 받침).
  case final

  /// Creates the position of a token that is one conjoining jamo, modern or old; nil for other tokens.
  ///
  /// Unicode encodes the leading and the trailing form of a consonant separately.
  public init?(_ token: String) {
    guard let scalar = token.unicodeScalars.first, token.unicodeScalars.count == 1 else {
      return nil
    }
    switch scalar.value {
    case 0x1100...0x115F, 0xA960...0xA97C: self = .lead
    case 0x1160...0x11A7, 0xD7B0...0xD7C6: self = .vowel
    case 0x11A8...0x11FF, 0xD7CB...0xD7FB: self = .final
    default: return nil
    }
  }
}

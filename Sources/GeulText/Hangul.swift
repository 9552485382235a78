/// The composition and decomposition of Hangul syllables (The Unicode Standard, section 3.12), on
/// scalar values.
package enum Hangul {
  package static let syllables: ClosedRange<UInt32> = 0xAC00...0xD7A3
  /// The leading consonants, vowels and trailing consonants of modern syllables.
  package static let leads: ClosedRange<UInt32> = 0x1100...0x1112
  package static let vowels: ClosedRange<UInt32> = 0x1161...0x1175
  package static let trails: ClosedRange<UInt32> = 0x11A8...0x11C2

  /// Returns true for a conjoining jamo, modern or old.
  package static func isJamo(_ scalar: UInt32) -> Bool {
    (0x1100...0x11FF).contains(scalar) || (0xA960...0xA97F).contains(scalar)
      || (0xD7B0...0xD7FF).contains(scalar)
  }

  /// The letters that a keyboard writes (modern compatibility jamo): consonants, then vowels.
  package static let letters: ClosedRange<UInt32> = 0x3131...0x3163
  private static let leadLetters = scalars("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")
  private static let trailLetters = scalars("ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")

  private static func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }

  /// Returns the jamo that a letter stands for: the leading and the trailing consonant, or the vowel; empty for other scalars.
  package static func jamo(ofLetter scalar: UInt32) -> [UInt32] {
    guard letters.contains(scalar) else { return [] }
    if scalar >= 0x314F { return [vowels.lowerBound + scalar - 0x314F] }
    func jamo(_ letters: [UInt32], _ range: ClosedRange<UInt32>) -> [UInt32] {
      letters.firstIndex(of: scalar).map { [range.lowerBound + UInt32($0)] } ?? []
    }
    return jamo(leadLetters, leads) + jamo(trailLetters, trails)
  }

  /// Returns the syllables that begin with a consonant, or with ㅇ and a vowel; nil for letters that begin no syllable.
  package static func syllables(beginningWith letter: UInt32) -> ClosedRange<UInt32>? {
    let first: UInt32
    switch jamo(ofLetter: letter).first {
    case let lead? where leads.contains(lead):
      first = syllables.lowerBound + (lead - leads.lowerBound) * 588
      return first...first + 587
    case let vowel? where vowels.contains(vowel):
      // ㅇ is the lead 11, which is not pronounced.
      first = syllables.lowerBound + 11 * 588 + (vowel - vowels.lowerBound) * 28
      return first...first + 27
    default: return nil
    }
  }

  /// Decomposes a syllable into two or three jamo.
  package static func jamo(of syllable: UInt32) -> (lead: UInt32, vowel: UInt32, trail: UInt32?) {
    let index = syllable - 0xAC00
    let trail = index % 28
    return (0x1100 + index / 588, 0x1161 + index / 28 % 21, trail == 0 ? nil : 0x11A7 + trail)
  }

  /// Composes two adjacent scalars into a syllable; nil if they do not compose.
  ///
  /// The scalars are a leading consonant and a vowel, or a syllable without a trailing consonant
  /// and a trailing consonant.
  package static func syllable(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if leads.contains(first), vowels.contains(second) {
      return 0xAC00 + (first - 0x1100) * 588 + (second - 0x1161) * 28
    }
    if syllables.contains(first), (first - 0xAC00) % 28 == 0, trails.contains(second) {
      return first + (second - 0x11A7)
    }
    return nil
  }
}

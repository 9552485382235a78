/// The agreement of Korean particles (조사) with the syllable before them.
///
/// 은, 이, 을 and 과 follow a final consonant (받침), 는, 가, 를 and 와 follow a vowel; 으로 follows a final consonant, and
/// 로 a vowel or ㄹ. There is no dictionary: a word counts if its last syllables are spelled like these, even if it is not a noun with a
/// particle. Words that would be taken for errors although they are correct do not count:
///
/// - 는 after other final consonants than ㄹ and ㅇ, which is mostly a verb ending (먹는, 있는),
/// - 가 after ㄴ, which is mostly an ending of questions (누군가, 가는가),
/// - frequent words that end like this, such as 아이 "child", 마을 "village" and 난로 "stove".
enum KoreanParticles {
  /// Returns whether the particle at the end of a word agrees; nil if the word does not end with one that counts.
  static func agreement(in word: some BidirectionalCollection<Unicode.Scalar>) -> Bool? {
    let end = word.reversed().prefix(3).prefix { Hangul.syllables.contains($0.value) }
    guard end.count >= 2 else { return nil }
    let (particle, before) = (end[end.startIndex], end[end.index(after: end.startIndex)])
    guard exceptions[particle]?.contains(before) != true else { return nil }
    let final = Hangul.jamo(of: before.value).trail
    let (nieun, rieul, ieung): (UInt32, UInt32, UInt32) = (0x11AB, 0x11AF, 0x11BC)
    switch particle {
    case "은", "이", "을", "과": return final != nil
    case "를", "와": return final == nil
    case "는": return final == nil ? true : final == rieul || final == ieung ? false : nil
    case "가": return final == nieun ? nil : final == nil
    case "로" where before == "으":
      guard end.count == 3, let stem = end.last else { return nil }
      let final = Hangul.jamo(of: stem.value).trail
      return final != nil && final != rieul
    case "로": return final == nil || final == rieul
    default: return nil
    }
  }

  /// The syllables before the last one in frequent words that end like a particle that does not agree.
  ///
  /// They are nouns (마을, 나이, 강가, 경로), adverbs (가까이, 새로이) and verbs (지은, 모을).
  private static let exceptions: [Unicode.Scalar: Set<Unicode.Scalar>] = [
    "은": scalars("지이나부그모"), "을": scalars("마가노고지이나부그모"),
    "이": scalars("아사나차누모먹오어버보로러레까꺼되고가켜휘에웨타"),
    "가": scalars("물강길냇닷못창국작평증악술참담감종불"),
    "과": scalars("사효치교내외모초"), "로": scalars("난진경통선항종"),
  ]

  private static func scalars(_ text: String) -> Set<Unicode.Scalar> { Set(text.unicodeScalars) }
}

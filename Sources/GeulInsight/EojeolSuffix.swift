internal import GeulText

/// The particle (조사) or verb ending (어미) at the end of an eojeol, a Korean word between spaces.
///
/// It is found by spelling, without a dictionary: the longest suffix of a list that leaves a stem of at least one
/// syllable and agrees with the final consonant before it (은 follows one, 는 does not). Words that happen to end like
/// this are mistaken for a stem and a suffix unless they are among the exceptions, such as 바다 "sea".
/// Suffixes that are more often a part of a noun are not listed (지, 자, 니, 나).
struct EojeolSuffix: Equatable {
  /// The part of speech.
  enum Kind { case particle, ending }

  let kind: Kind
  /// The number of syllables.
  let count: Int

  /// Finds the suffix of an eojeol of composed syllables; nil if there is none.
  init?(of eojeol: [Unicode.Scalar]) {
    if Self.verbs.contains(Self.string(eojeol[...]))
      || Self.verbEnds.contains(Self.string(eojeol.suffix(2)))
    {
      (kind, count) = (.ending, 1)
      return
    }
    let stemCount = Self.stems.filter { eojeol.starts(with: $0) }.map(\.count).max() ?? 1
    for count in (1...Self.maximumCount).reversed() where count <= eojeol.count - stemCount {
      guard let entries = Self.table[Self.string(eojeol.suffix(count))],
        let last = eojeol.dropLast(count).last,
        let entry = entries.first(where: { $0.context.allows(Hangul.jamo(of: last.value).trail) })
      else { continue }
      (kind, self.count) = (entry.kind, count)
      return
    }
    return nil
  }

  /// The syllables after which a suffix is spelled as it is.
  private enum Context {
    case any, vowel, consonant, vowelOrRieul, nieun, rieul, bieup

    /// Returns true for a syllable with a final consonant; nil for none.
    func allows(_ final: UInt32?) -> Bool {
      let (nieun, rieul, bieup): (UInt32, UInt32, UInt32) = (0x11AB, 0x11AF, 0x11B8)
      return switch self {
      case .any: true
      case .vowel: final == nil
      case .consonant: final != nil
      case .vowelOrRieul: final == nil || final == rieul
      case .nieun: final == nieun
      case .rieul: final == rieul
      case .bieup: final == bieup
      }
    }
  }

  private static let lists: [(kind: Kind, context: Context, suffixes: String)] = [
    (.particle, .consonant, "은 이 을 과 으로 으로는 으로도 으로서 으로써 이나 이라도 이랑 이란 이야말로"),
    (.particle, .vowel, "는 가 를 와 라도 랑 야말로"),
    (.particle, .vowelOrRieul, "로 로는 로도 로서 로써"),
    (
      .particle, .any,
      """
      의 에 에는 에도 에만 에서 에서는 에서도 에게 에게는 에게도 에게서 께 께서 께서는 한테 한테서 도 만 만은 만이 만을 \
      부터 까지 까지는 까지도 마다 처럼 보다 조차 마저 밖에 뿐 대로 만큼
      """
    ),
    (
      .ending, .any,
      """
      다 다가 다고 다는 다며 다면 고 고는 고도 고서 며 면 면서 지만 는데 니까 습니다 습니까 려고 려면 도록 게 거나 든지 던 냐 느냐 \
      라고 라며 라는 자마자 수록 어야 아야 해야 어도 아도 해도 어서 아서 해서 어요 아요 네요 군요 지요 죠
      """
    ),
    (.ending, .consonant, "는 으며 으면 으면서 으니 으니까 으나 으려고 으러 은데"),
    (.ending, .vowel, "요 서 러"), (.ending, .nieun, "데 데요"), (.ending, .rieul, "까 까요"),
    (.ending, .bieup, "니다"),
  ]

  private static let table: [String: [(kind: Kind, context: Context)]] = {
    var table: [String: [(kind: Kind, context: Context)]] = [:]
    for list in lists {
      for suffix in words(list.suffixes) {
        table[suffix, default: []].append((list.kind, list.context))
      }
    }
    return table
  }()

  private static let maximumCount = table.keys.map(\.unicodeScalars.count).max() ?? 0

  /// Frequent words that end like a stem and a suffix but are one stem; particles may follow them.
  private static let stems = Set(
    words(
      """
      바다 가운데 많이 같이 없이 높이 깊이 길이 굳이 바로 서로 새로 홀로 따로 별로 도로 거꾸로 스스로 그대로 거의 회의 주의 \
      정도 온도 속도 지도 파도 포도 다만 그만 까만 조그만 함께 최고 창고 결과 학과 휴가 가게 무게 이게 여러 일부러 도서 \
      수요 소요 주요 고요 라면 화면 장면 표면 반면
      """
    ).map { Array($0.unicodeScalars) })

  /// Frequent verbs and adjectives whose ending is spelled like a particle.
  private static let verbs = Set(
    words(
      """
      쓰는 보는 주는 사는 부는 우는 자는 뜨는 작은 같은 좋은 많은 젊은 늙은 높은 낮은 깊은 \
      넓은 굵은 짧은 검은 붉은 맑은 밝은 남은 앉은 놓은 죽은 먹은 받은 않은 있을 없을 않을 같을 먹을 읽을 해도
      """))

  /// The ends of frequent verbs whose ending 는 is spelled like a particle.
  private static let verbEnds = Set(words("하는 되는 오는 가는 르는"))

  private static func words(_ list: String) -> [String] {
    list.split(separator: " ").map(String.init)
  }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    String(String.UnicodeScalarView(scalars))
  }
}

import TestSupport

/// Training texts, generated from a fixed seed.
enum Texts {
  /// About 6,000 characters of English.
  static let english = sentences(
    of: """
      the a old young king fox river moon wind letter garden said saw asked heard carried found \
      under over behind before and but then while of to in with quiet green seven bread
      """, count: 900)

  /// About 3,000 syllables of Korean.
  static let korean = sentences(
    of: """
      옛날 어느 마을에 늙은 나무꾼이 살았다 숲에서 길을 잃은 아이가 울고 있었다 바람이 불고 달이 떴다 \
      그는 말했다 우리는 함께 갈 수 있을까 꽃잎 위로 비가 내렸다 않는다 읽고 값을 닭이
      """, count: 900)

  private static func sentences(of vocabulary: String, count: Int) -> String {
    var random = SeededGenerator(seed: 2)
    let words = vocabulary.split(separator: " ")
    var text = ""
    for number in 1...count {
      text += words[Int.random(in: words.indices, using: &random)]
      text += number % 40 == 0 ? ".\n" : number % 11 == 0 ? ", " : " "
    }
    return text
  }
}

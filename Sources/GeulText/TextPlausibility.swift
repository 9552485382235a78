/// The plausibility of decoded text as natural language, which tells a right encoding from a wrong one.
///
/// A wrong encoding yields unassigned code points, control characters, symbols within words, mixed
/// scripts, and rare characters. Each character gets points; the score is their mean.
struct TextPlausibility {
  /// The mean points per character, from -4 to 1.
  ///
  /// Characters of ASCII are left out of the mean, unless `countsASCII`; 0 without any other
  /// character.
  let score: Double
  /// The number of characters that are outside ASCII.
  let foreignCount: Int
  /// The number of characters that no text contains, such as unassigned ones.
  let invalidCount: Int
  /// The share of kana in the letters outside ASCII.
  let kanaShare: Double

  /// Scores at least this high are plausible.
  static let minimum = 0.45

  private enum Group: Int {
    case latin, cyrillic, greek, hebrew, arabic, thai, korean, chinese, other
  }

  private enum Kind: Equatable {
    case ascii, space, letter(Group), mark, punctuation, symbol, invalid

    var isLetter: Bool { if case .letter = self { true } else { false } }
  }

  /// - Parameters:
  ///   - scalars: The decoded text; a surrogate is invalid.
  ///   - countsASCII: Pass true for UTF-16 and UTF-32, in which an ASCII character is evidence.
  init(_ scalars: [UInt32], countsASCII: Bool = false) {
    let kinds = scalars.map { Self.kind($0) }
    var groups = [Int](repeating: 0, count: 9)
    var kana = 0
    var foreign = 0
    for (scalar, kind) in zip(scalars, kinds) where scalar >= 0x80 {
      foreign += 1
      if case .letter(let group) = kind { groups[group.rawValue] += 1 }
      if (0x3041...0x30FA).contains(scalar) { kana += 1 }
    }
    let han = scalars.count { Self.isHan($0) }
    let top = groups.indices.max { groups[$0] < groups[$1] } ?? 0
    var points = 0.0
    var counted = 0
    for position in scalars.indices
    where scalars[position] >= 0x80 || countsASCII || kinds[position] == .invalid {
      counted += 1
      points += Self.points(scalars, kinds, position, top: Group(rawValue: top) ?? .other)
    }
    // Hanja is rare in Korean text; in a wrong decoding it is as frequent as Hangul.
    if top == Group.korean.rawValue, han * 4 > groups[top] { points -= Double(han) * 0.5 }
    // Single letters of another alphabet among Latin ones are symbols in a wrong decoding.
    if (Group.cyrillic.rawValue...Group.thai.rawValue).contains(top),
      groups[top] * 3 < scalars.count(where: { Self.isASCIILetter($0) })
    {
      points -= Double(groups[top]) * 0.4
    }
    score =
      counted == 0
      ? 0 : points / Double(counted) - (countsASCII ? 0 : Self.symbolPenalty(scalars))
    foreignCount = foreign
    invalidCount = kinds.count { $0 == .invalid }
    kanaShare = Double(kana) / Double(max(1, groups.reduce(0, +)))
  }

  /// Returns a penalty if few characters of ASCII are letters or spaces, and few are of those that are frequent in lists and
  /// tables, as in UTF-16 that is read as bytes.
  private static func symbolPenalty(_ scalars: [UInt32]) -> Double {
    let ascii = scalars.filter { $0 < 0x80 }
    guard ascii.count >= 8 else { return 0 }
    let letters = ascii.count { isASCIILetter($0) || $0 == 0x20 || $0 == 0x0A }
    let frequent = ascii.count { isASCIILetter($0) || tableCharacters.contains($0) }
    // Of random bytes, 42 % are of the first kind and 59 % of the second.
    let shares = (Double(letters) / Double(ascii.count), Double(frequent) / Double(ascii.count))
    return max(0, min(0.6 - shares.0, 0.75 - shares.1))
  }

  /// White space, digits and the punctuation of prose and of tables.
  private static let tableCharacters = Set(
    "\t\n\r 0123456789,.-'\"!?()".unicodeScalars.map(\.value))

  private static func isHan(_ scalar: UInt32) -> Bool {
    (0x3400...0x9FFF).contains(scalar) || (0xF900...0xFAFF).contains(scalar)
      || (0x20000...0x323AF).contains(scalar)
  }

  private static func kind(_ scalar: UInt32) -> Kind {
    switch scalar {
    case 0x09, 0x0A, 0x0D, 0x20...0x7E: return .ascii
    case 0x0B, 0x0C, 0x07, 0x08, 0x1B: return .ascii
    case 0xA0, 0x3000: return .space
    case 0x2000...0x200A: return .symbol
    case 0x200B...0x200F: return .mark
    case 0x2010...0x2027, 0x2030...0x203A, 0xA1, 0xAB, 0xB7, 0xBB, 0xBF, 0x20AC, 0x2122, 0xA7:
      return .punctuation
    case 0x3001...0x301F, 0x30FB, 0xFF01...0xFF5E, 0x5BE, 0x60C, 0x61B, 0x61F, 0x640:
      return .punctuation
    case 0x30FC: return .letter(.chinese)
    case 0xAA, 0xBA, 0xB5: return .symbol
    case 0xC0...0x24F where scalar != 0xD7 && scalar != 0xF7: return .letter(.latin)
    case 0x1E00...0x1EFF: return .letter(.latin)
    default: break
    }
    guard let value = Unicode.Scalar(scalar) else { return .invalid }
    switch value.properties.generalCategory {
    case .unassigned, .privateUse, .control, .surrogate: return .invalid
    case .format, .lineSeparator, .paragraphSeparator: return .symbol
    case .nonspacingMark, .spacingMark, .enclosingMark:
      return (0xE00...0xE7F).contains(scalar) ? .letter(.thai) : .mark
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return .letter(group(scalar))
    default: return scalar == 0xFFFD ? .invalid : .symbol
    }
  }

  private static func group(_ scalar: UInt32) -> Group {
    switch scalar {
    case 0x370...0x3FF: return .greek
    case 0x400...0x45F, 0x490...0x491: return .cyrillic
    case 0x5D0...0x5EA: return .hebrew
    case 0x620...0x6D5: return .arabic
    case 0xE00...0xE7F: return .thai
    case 0xAC00...0xD7A3, 0x3131...0x318E: return .korean
    case 0x3041...0x30FF, 0xFF66...0xFF9D: return .chinese
    default: return isHan(scalar) ? .chinese : .other
    }
  }

  private static func points(
    _ scalars: [UInt32], _ kinds: [Kind], _ position: Int, top: Group
  ) -> Double {
    let scalar = scalars[position]
    switch kinds[position] {
    case .invalid: return -4
    case .ascii: return [0x09, 0x0A, 0x0D].contains(scalar) || scalar >= 0x20 ? 1 : -1
    case .space: return scalar == 0x3000 && top != .chinese ? 0 : 0.3
    case .mark:
      return position > 0 && (kinds[position - 1].isLetter || kinds[position - 1] == .mark)
        ? 0.3 : -1
    case .punctuation:
      let isEastAsian = (0x3001...0xFF5E).contains(scalar)
      if isEastAsian { return top == .chinese || top == .korean ? 1 : -0.5 }
      if isInRun(kinds, position) { return -1 }
      if scalar != 0x2019, scalar != 0x2010, isWithinWord(scalars, kinds, position) { return -1 }
      let isQuoteOrDash =
        (0x2010...0x2026).contains(scalar) || [0xA1, 0xAB, 0xBB, 0xBF].contains(scalar)
      return isQuoteOrDash ? 0.8 : 0.3
    case .symbol:
      return isInRun(kinds, position) || isWithinWord(scalars, kinds, position) ? -1.5 : -0.3
    case .letter(.latin): return latin(scalars, kinds, position, top: top)
    case .letter(let group):
      guard group == top || (group == .chinese && top == .korean) else { return -1 }
      return letter(scalars, kinds, position, group)
    }
  }

  /// Returns true if a Latin letter or a symbol is part of three of these in a row, or of four
  /// letters: "küçük" has three.
  private static func isInRun(_ kinds: [Kind], _ position: Int) -> Bool {
    var length = 1
    var letters = kinds[position].isLetter ? 1 : 0
    func extend(_ step: Int) {
      var next = position + step
      while length < 4, kinds.indices.contains(next),
        [.letter(.latin), .symbol, .punctuation].contains(kinds[next])
      {
        length += 1
        letters += kinds[next].isLetter ? 1 : 0
        next += step
      }
    }
    extend(1)
    extend(-1)
    return length >= (letters == length ? 4 : 3)
  }

  private static func isASCIILetter(_ scalar: UInt32) -> Bool {
    (0x61...0x7A).contains(scalar | 0x20)
  }

  private static func isWithinWord(_ scalars: [UInt32], _ kinds: [Kind], _ position: Int) -> Bool {
    func isLetter(_ index: Int) -> Bool {
      scalars.indices.contains(index) && (kinds[index].isLetter || isASCIILetter(scalars[index]))
    }
    return isLetter(position - 1) && isLetter(position + 1)
  }

  private static func latin(
    _ scalars: [UInt32], _ kinds: [Kind], _ position: Int, top: Group
  ) -> Double {
    guard top == .latin else { return -1 }
    if isInRun(kinds, position) { return -1.5 }
    let scalar = scalars[position]
    if isCapitalWithin(scalars, position) { return -1.5 }
    if let value = Unicode.Scalar(scalar), value.properties.isLowercase,
      position + 1 < scalars.count, (0x41...0x5A).contains(scalars[position + 1])
    {
      return -1.5
    }
    func touches(_ step: Int) -> Bool {
      var next = position + step
      if scalars.indices.contains(next), kinds[next] == .letter(.latin) { next += step }
      return scalars.indices.contains(next) && isASCIILetter(scalars[next])
    }
    guard touches(-1) || touches(1) else { return Letters.alone.contains(scalar) ? 0.6 : -0.5 }
    return Letters.western.contains(scalar)
      ? 1 : Letters.central.contains(scalar) ? 0.85 : Letters.nordic.contains(scalar) ? 0.1 : -0.3
  }

  /// Returns true for a capital after a lowercase letter.
  private static func isCapitalWithin(_ scalars: [UInt32], _ position: Int) -> Bool {
    guard position > 0, let scalar = Unicode.Scalar(scalars[position]),
      let before = Unicode.Scalar(scalars[position - 1])
    else { return false }
    return scalar.properties.isUppercase && before.properties.isLowercase
  }

  private static func letter(
    _ scalars: [UInt32], _ kinds: [Kind], _ position: Int, _ group: Group
  ) -> Double {
    let scalar = scalars[position]
    let before = position > 0 ? scalars[position - 1] : 0x20
    let after = position + 1 < scalars.count ? scalars[position + 1] : 0x20
    let beforeKind = position > 0 ? kinds[position - 1] : .space
    let isFinal = position + 1 == scalars.count || !kinds[position + 1].isLetter
    switch group {
    case .korean: return korean(scalar)
    case .chinese: return chinese(scalar)
    case .cyrillic, .greek:
      if isASCIILetter(before) || isASCIILetter(after) { return -1 }
      if isCapitalWithin(scalars, position) { return -1.5 }
      if scalar == 0x3C2, !isFinal { return -1.5 }
      let lower = Unicode.Scalar(scalar)?.properties.lowercaseMapping.unicodeScalars.first?.value
      let isUpper = lower != scalar
      let isCommon = Letters.common.contains(lower ?? scalar)
      let capitals = isUpper && beforeKind == .letter(group) ? 0.6 : 0
      return (isCommon ? 1 : 0.2) - capitals
    case .hebrew:
      if isASCIILetter(before) || isASCIILetter(after) { return -1 }
      let isFinalForm = [0x5DA, 0x5DD, 0x5DF, 0x5E3, 0x5E5].contains(scalar)
      if isFinalForm, !isFinal { return -1.5 }
      return Letters.common.contains(scalar) ? 1 : 0.4
    case .arabic:
      if isASCIILetter(before) || isASCIILetter(after) { return -1 }
      return Letters.common.contains(scalar) ? 1 : 0.4
    case .thai:
      let isDependent =
        scalar == 0xE31 || (0xE34...0xE3A).contains(scalar) || (0xE47...0xE4E).contains(scalar)
      if isDependent { return beforeKind == .letter(.thai) ? 0.8 : -2 }
      let isPrefix = (0xE40...0xE44).contains(scalar)
      if isPrefix { return (0xE01...0xE2E).contains(after) ? 0.8 : -2 }
      return Letters.common.contains(scalar) ? 1 : 0.3
    case .latin, .other: return 0.3
    }
  }

  private static func korean(_ scalar: UInt32) -> Double {
    guard Hangul.syllables.contains(scalar) else {
      return Letters.chat.contains(scalar) ? 0.3 : -0.5
    }
    if Letters.syllables.contains(scalar) { return 1 }
    // The final consonants of most syllables: none or one letter.
    let trail = (scalar - 0xAC00) % 28
    let vowel = (scalar - 0xAC00) / 28 % 21
    let isRare = [3, 5, 9, 10, 11, 12, 13, 14, 15, 18, 22, 24, 25].contains(trail)
    return isRare || [3, 7, 10, 15, 17].contains(vowel) ? -0.5 : 0.5
  }

  private static func chinese(_ scalar: UInt32) -> Double {
    switch scalar {
    case 0x3041...0x3096: return 1
    case 0x30A1...0x30FC: return 0.8
    case 0x4E00...0x9FA5: return Letters.han.contains(scalar) ? 1 : 0.25
    case 0xFF66...0xFF9D: return -0.5
    default: return -1
    }
  }

  /// Letters by frequency.
  private enum Letters {
    private static func set(_ text: String) -> Set<UInt32> { Set(text.unicodeScalars.map(\.value)) }

    static let western = set("äöüßéèêëàâçîïôûùœæñáíóúåøãõìòÄÖÜÉÈÀÂÇÊÎÔÑÁÍÓÚÅØÆŒÃÕ")
    static let central = set("ąćęłńśźżĄĆĘŁŃŚŹŻčďěňřšťůžýČĎĚŇŘŠŤŮŽÝőűŐŰășțşţğıİŞĞāēīūĀĒĪŪėųĖŲčįģķļņ")
    static let nordic = set("ðþÐÞ")
    /// Letters that are words, or are often at the start of one before an apostrophe.
    static let alone = set("àéèêóíúáöåøæôÀÉÓÍÖÅØÆÔ")
    /// The frequent letters of Russian, Ukrainian, Greek, Arabic, Hebrew and Thai.
    static let common = set(
      "оеаинтсрвлкмдпуяыіъ" + "αοιετνσςηυρπκλμάόίέήύώ" + "اليمنرتوبةعدسفهكحقأى"
        + "יוהלארבתמשנםן" + "กขคงจชดตทธนบปผพมยรลวสหออะาำเแโใไ")
    static let chat = set("ㅋㅎㅠㅜㅇㄱㄴ")
    static let syllables = set(
      "이다의는에을가고한지로하은도를기나서사어리자있아시대들인해과그전수일정스부라만게여으적제보세조상"
        + "주원화성구동장비신국안물방없오면생중경우것니마요관계소년선문내공무연모학유등말와저회거개"
        + "민할분때난집람들눈바밤날글녕었았했던며까지너네미러래님습합까진심건각행발입물위번명밤")
    static let han = set(
      "的一是不了人我在有他這这為为之大來来以個个中上們们到說说國国和地也子時时道出而要於于就下得可你年生"
        + "自會会那後后能對对着著事其裡里所去行過过家十用發发天如然作方成者多日都三小軍军二無无同麼么經经"
        + "法當当起與与好看學学進进種种將将還还分此心前面又定見见只主沒没公從从知使全两兩力見明問问很"
        + "最重開开點点長长現现高正文老機机本手物水平新走性相把應应民意動动西被比回理名口間间並并"
        + "今何彼私言入思東京語語体気車電話先月火木金土曜世界社話田山川気持女男目食飲毎父母友車駅早"
        + "什您请請們她它好再见見谢謝书書读讀写寫字汉漢北市海风風雨夜听聽想爱愛已身白花外其些実場"
        + "戦番制度部屋会議代表政府第関係化業議員党首相住教育研究報告以及各地方由因次合加通過")
  }
}

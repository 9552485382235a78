import GeulInsight
import GeulModel
import GeulText
import Testing

/// Features of Korean texts, with expectations made by hand.
struct FeatureTests {
  private static let units = [
    (TokenUnit.grapheme, NormalForm.nfc), (.codepoint, .nfc), (.codepoint, .nfd), (.jamo, .nfc),
    (.jamo, .nfd), (.byte, .none),
  ]

  /// Returns the text with the characters in brackets whose last token has the value 1.
  private func marked(
    _ feature: NeuronProbe.Feature, in text: String, _ unit: TokenUnit, _ form: NormalForm
  ) throws -> String {
    let tokenized = try tokenized(text, unit, form)
    let values = feature.values(in: tokenized)
    #expect(values.count == tokenized.tokens.count)
    #expect(values.allSatisfy { $0 == 0 || $0 == 1 })
    return tokenized.characters.map { character in
      values[character.tokens.upperBound - 1] == 1 ? "[\(character.text)]" : character.text
    }.joined().replacing("][", with: "")
  }

  private func expect(_ feature: NeuronProbe.Feature, _ expected: String) throws {
    let text = expected.replacing("[", with: "").replacing("]", with: "")
    for (unit, form) in Self.units {
      #expect(try marked(feature, in: text, unit, form) == expected, "\(unit), \(form)")
    }
  }

  @Test(arguments: [
    "할머니[는] 바닷가[에서] 조개[를] 주웠다.", "선생님[께서] 철수[에게] 책[을] 주셨다.",
    "사람[이] 집[으로] 길[로] 학교[로] 갔다.", "나[와] 동생[과] 친구[도] 왔다.",
    "아침[부터] 저녁[까지] 물[만] 마셨다.", "바다[는] 넓고 바다[의] 물[은]", "\"철수[야말로]\" 3시[에]",
  ])
  func `particles end an eojeol and agree with the final consonant before them`(
    expected: String
  ) throws { try expect(.particle, expected) }

  @Test(arguments: [
    "할머니는 조개를 주웠[다].", "비가 오[고] 바람이 불[면] 추웠[지만] 나갔[습니다].",
    "밥을 먹[는데] 누가 오[니까] 문을 열[어서] 보[며] 말했[어요].", "있[는] 것과 하[는] 것",
    "누구[냐]? 갈[까]? 그런[데] 아니[다]! 갑[니다].",
  ])
  func `verb endings end an eojeol`(expected: String) throws { try expect(.ending, expected) }

  @Test(arguments: [
    // One syllable; a stem that ends like a stem and a suffix; a suffix that does not agree.
    "이 그 은 도 고 다", "바다 함께 서로 많이", "마을 아이 나이 가을 사이", "작은 것 하는 말",
  ])
  func `words without a particle have none`(text: String) throws { try expect(.particle, text) }

  @Test(arguments: ["바다", "고 다 면", "필요 중요", "물을 산에"])
  func `words without an ending have none`(text: String) throws { try expect(.ending, text) }

  @Test func `a final consonant is known after its syllable`() throws {
    try expect(.finalConsonant, "[달]이 [떴]다. [값] a 3 가")
    let jamo = try tokenized("달이", .jamo)
    #expect(NeuronProbe.Feature.finalConsonant.values(in: jamo) == [0, 0, 1, 0, 0])
    let bytes = try tokenized("달이", .byte)
    #expect(NeuronProbe.Feature.finalConsonant.values(in: bytes) == [0, 0, 1, 0, 0, 0])
  }

  @Test func `each token of a particle has the value 1`() throws {
    let jamo = try tokenized("집은", .jamo)
    #expect(NeuronProbe.Feature.particle.values(in: jamo) == [0, 0, 0, 1, 1, 1])
  }

  @Test func `features of other scripts do not occur in Korean, and the reverse`() throws {
    for (unit, form) in Self.units {
      let korean = try tokenized("달이 떴다.", unit, form)
      let english = try tokenized("The moon (of 1900) said, \"No.\"", unit, form)
      for feature in [NeuronProbe.Feature.latin, .digits, .capitalizedWord, .brackets] {
        #expect(feature.values(in: korean).allSatisfy { $0 == 0 }, "\(feature), \(unit)")
        #expect(feature.values(in: english).contains(1), "\(feature), \(unit)")
      }
      for feature in [NeuronProbe.Feature.hangul, .particle, .ending, .finalConsonant] {
        #expect(feature.values(in: english).allSatisfy { $0 == 0 }, "\(feature), \(unit)")
      }
    }
  }
}

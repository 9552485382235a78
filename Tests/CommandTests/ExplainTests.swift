import Foundation
import Testing
import TestSupport

/// `geul explain` on characters of several tokens, and its JSON object.
struct ExplainTests {
  private struct Data: Decodable {
    struct Prediction: Decodable {
      let id: Int
      let text: String
      let probability: Double
    }
    struct Token: Decodable {
      let id: Int
      let text: String
      let jamo: String?
      let character: Int
      let surprisalBits: Double?
      let probability: Double?
      let predictions: [Prediction]?
    }
    struct Character: Decodable {
      let text: String
      let tokens: [Int]
      let surprisalBits: Double?
    }
    struct Activations: Decodable {
      struct Neuron: Decodable {
        let neuron: Int
        let values: [String: [Float]]
      }
      let layer: Int
      let neurons: [Neuron]
    }
    struct Finding: Decodable {
      let feature: String
      let layer: Int
      let neuron: Int
      let correlation: Double
    }
    let unit: String
    let text: String?
    let tokens: [Token]?
    let characters: [Character]?
    let nextPredictions: [Prediction]?
    let meanBitsPerToken: Double?
    let meanBitsPerCharacter: Double?
    let activations: Activations?
    let findings: [Finding]?
  }

  private func json(_ arguments: [String], in folder: Folder) throws -> Data {
    let result = try GeulProcess.run(["explain", "run"] + arguments + ["--json"], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(result.stdout.split(separator: "\n").count == 1)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Data.self, from: result.output)
  }

  @Test func `the table of a jamo model has a row for each token and a sum for each character`()
    throws
  {
    let folder = try Runs.korean.get()
    let data = try json(["--text", "옛날 달"], in: folder)
    let result = try GeulProcess.run(["explain", "run", "--text", "옛날 달"], in: folder)
    let lines = result.stdout.split(separator: "\n").map(String.init)
    #expect(result.stdout.contains("A hyphen marks a final consonant"))
    let characters = try #require(data.characters)
    let tokens = try #require(data.tokens)
    func format(_ bits: Double) -> String { String(format: "%.1f", bits) }
    let rows = [
      ["옛", "ㅇ"], ["ㅖ", tokens[1].surprisalBits.map(format)],
      ["-ㅅ", tokens[2].surprisalBits.map(format)],
      [
        "날", characters[1].surprisalBits.map(format), "ㄴ", tokens[3].surprisalBits.map(format),
      ],
      ["ㅏ", tokens[4].surprisalBits.map(format)], ["-ㄹ", tokens[5].surprisalBits.map(format)],
      [
        "␣", characters[2].surprisalBits.map(format), "␣", tokens[6].surprisalBits.map(format),
      ],
    ].map { $0.compactMap(\.self) }
    let heading = try #require(lines.firstIndex { $0.contains(#/sum +token +bits/#) })
    for (row, line) in zip(rows, lines[(heading + 1)...]) {
      #expect(line.split(separator: " ").prefix(row.count).map(String.init) == row, "\(line)")
    }
    // The digits below the text are the sums of the characters.
    let text = try #require(lines.firstIndex(of: "옛날 달"))
    let digits = characters.map { character in
      character.surprisalBits.map { "\(min(9, Int($0.rounded())))" } ?? " "
    }
    #expect(lines[text + 1] == "\(digits[0]) \(digits[1]) \(digits[2])\(digits[3]) ")
  }

  @Test func `a page has the surprisal of each jamo as a tooltip of its syllable`() throws {
    let folder = try Runs.korean.get()
    let page = "tooltip.html"
    let result = try GeulProcess.run(
      ["explain", "run", "--text", "옛날", "--html", page, "--language", "ko"], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    let html = try #require(folder.text(page))
    folder.remove(page)
    let title = try #require(
      html.firstMatch(of: #/title="(날: [^"]*)">날</#).map { String($0.1) })
    let lines = title.split(separator: "\n")
    #expect(lines.count == 4)
    for (line, start) in zip(lines, ["날: ", "초성 ㄴ: ", "중성 ㅏ: ", "종성 ㄹ: "]) {
      #expect(line.hasPrefix(start), "\(line)")
    }
  }

  @Test func `a byte model's report has characters, and their bytes in hexadecimal`() throws {
    let folder = try Runs.trained(["--unit", "byte"], text: Texts.korean)
    let result = try GeulProcess.run(
      ["explain", "run", "--text", "옛날 달", "--html", "x.html"], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    let rows = result.stdout.split(separator: "\n").map { $0.split(separator: " ") }
    for (character, bytes) in [("옛", "EC"), ("날", "EB"), ("달", "EB")] {
      let row = rows.first { $0.first == Substring(character) && $0.contains(Substring(bytes)) }
      #expect(row != nil, "\(character): \(result.stdout)")
    }
    let page = try #require(folder.text("x.html"))
    #expect(page.contains("<tr><td>옛</td><td></td><td>EC</td>"))
    for text in [result.stdout, page] {
      #expect(!text.contains("C61B") && !text.contains("B0A0"))  // the code points
    }
  }

  @Test(arguments: ["jamo", "byte", "grapheme", "codepoint"])
  func `--json has the tokens, characters and predictions`(unit: String) throws {
    let folder = try Runs.trained(["--unit", unit], text: Texts.korean)
    let data = try json(["--text", "옛날 달이"], in: folder)
    #expect(data.unit == unit && data.text == "옛날 달이")
    let tokens = try #require(data.tokens)
    let characters = try #require(data.characters)
    #expect(characters.map(\.text) == ["옛", "날", " ", "달", "이"])
    let counts = ["jamo": [3, 3, 1, 3, 2], "byte": [3, 3, 1, 3, 3]][unit] ?? [1, 1, 1, 1, 1]
    #expect(characters.map { $0.tokens[1] - $0.tokens[0] } == counts)
    #expect(
      tokens.map(\.character) == counts.enumerated().flatMap { Array(repeating: $0, count: $1) })
    if unit == "jamo" {
      #expect(tokens.prefix(3).map(\.jamo) == ["lead", "vowel", "final"] && tokens[6].jamo == nil)
    }
    #expect(tokens[0].surprisalBits == nil && tokens[0].predictions == nil)
    for token in tokens.dropFirst() {
      let probability = try #require(token.probability)
      #expect(try #require(token.surprisalBits) == -log2(probability))
      let predictions = try #require(token.predictions)
      #expect(predictions.count == 5)
      #expect(predictions.map(\.probability) == predictions.map(\.probability).sorted(by: >))
      for prediction in predictions where prediction.id == token.id {
        #expect(prediction.probability == probability && prediction.text == token.text)
      }
    }
    for character in characters.dropFirst() {
      let sum = tokens[character.tokens[0]..<character.tokens[1]].compactMap(\.surprisalBits)
        .reduce(0, +)
      #expect(character.surprisalBits == sum)
    }
    let known = tokens.compactMap(\.surprisalBits)
    #expect(data.meanBitsPerToken == known.reduce(0, +) / Double(known.count))
    let sums = characters.compactMap(\.surprisalBits)
    #expect(sums.count == 4 && data.meanBitsPerCharacter == sums.reduce(0, +) / 4)
    #expect(data.nextPredictions?.count == 5)
    #expect(data.activations == nil && data.findings == nil)
  }

  @Test(arguments: [
    ("lstm", ["forget_gate", "input_gate", "output_gate", "candidate", "cell_state"]),
    ("gru", ["update_gate", "reset_gate", "candidate"]), ("rnn", []),
  ])
  func `--json has the gates and states of the selected neurons`(
    cell: String, gates: [String]
  ) throws {
    let folder = try Runs.trained(["--cell", cell])
    let text = "the moon"
    let data = try json(
      ["--text", text, "--layer", "1", "--neuron", "5", "--neuron", "2"], in: folder)
    let activations = try #require(data.activations)
    #expect(activations.layer == 1 && activations.neurons.map(\.neuron) == [5, 2])
    for neuron in activations.neurons {
      #expect(Set(neuron.values.keys) == Set(gates + ["hidden_state"]))
      #expect(neuron.values.values.allSatisfy { $0.count == text.count })
      if cell == "lstm" {
        // h = o tanh(c), so that the cell state is c itself.
        let values = neuron.values
        for (h, (o, c)) in zip(
          values["hidden_state"] ?? [],
          zip(values["output_gate"] ?? [], values["cell_state"] ?? []))
        {
          #expect(abs(h - o * tanh(c)) <= 4 * Float.ulpOfOne)
        }
      }
    }
    #expect(try json(["--text", text, "--rows", "3"], in: folder).activations?.neurons.count == 3)
    #expect(
      try json(["--text", text, "--select", "active"], in: folder).activations?.neurons.count == 12)
  }

  @Test func `--json has the findings of the probe, and --html writes the report, too`() throws {
    let folder = try Runs.korean.get()
    let data = try json(
      ["--probe", "--corpus", "text.txt", "--html", "probe.html"], in: folder)
    let findings = try #require(data.findings)
    #expect(data.text == nil && data.tokens == nil && data.meanBitsPerToken == nil)
    #expect(findings.map(\.feature).contains("final_consonant"))
    #expect(
      findings.allSatisfy { $0.layer == 1 && 0..<16 ~= $0.neuron && abs($0.correlation) <= 1 })
    let page = try #require(folder.text("probe.html"))
    folder.remove("probe.html")
    #expect(page.contains("Interpretable neurons") && page.contains("found by spelling"))
  }
}

import Foundation
import GeulCompute
import GeulGeneration
import GeulModel
import GeulText
import TestSupport
import Testing

/// Generating lines.
struct LineTests {
  /// A model with random parameters that knows a list of some of its own lines.
  struct Fixture {
    let model: Model
    let generator: Generator

    init(list: [String]? = nil) throws {
      var model = try GenerationFixture().model
      if let list {
        var options = model.metadata.corpusOptions()
        options.listSeed = 1
        let corpus = try Corpus.read([.text(list.joined(separator: "\n"))], options: options)
        model.metadata.list = corpus.list.map(Model.Metadata.List.init)
      }
      self.model = model
      generator = Generator(
        model, context: ComputeContext(Kernels(InstructionSet.available.last ?? .portable)))
    }

    func request(
      _ count: Int, prompt: String = "", length: Int = 500, seed: UInt64 = 7
    ) -> Generator.LineRequest {
      Generator.LineRequest(
        prompt: model.metadata.tokenizer.encodePrompt(
          prompt, vocabulary: model.metadata.vocabulary
        ).ids,
        count: count, length: length, sampling: SamplingOptions(temperature: 1),
        seed: seed)
    }

    func lines(
      _ request: Generator.LineRequest
    ) throws -> (lines: [Generator.Line], counts: Generator.LineCounts) {
      var lines: [Generator.Line] = []
      let counts = try generator.writeLines(request) { line in
        lines.append(line)
        return true
      }
      return (lines, counts)
    }
  }

  @Test func `each line is the text after a line feed, up to the next one`() throws {
    let fixture = try Fixture()
    let (lines, counts) = try fixture.lines(fixture.request(40, prompt: "글"))
    #expect(lines.count == 40 && counts.emitted == 40 && counts.empty == 0)
    #expect(lines.map(\.index) == (0..<40).map(\.self))
    for line in lines.prefix(10) {
      var request = SequenceRequest(
        prompt: fixture.request(1, prompt: "\n글").prompt,
        sampling: SamplingOptions(temperature: 1), seed: 7, sampleIndex: line.index, stops: ["\n"])
      request.length = 500
      var expected = "글"
      try fixture.generator.generate([request]) { _, text in
        expected += text.text
        return true
      }
      #expect(line.text == expected && !line.text.contains("\n") && line.isListed == nil)
    }
    #expect(Set(lines.map(\.text)).count > 30)
  }

  @Test func `a line does not depend on the number of lines`() throws {
    let fixture = try Fixture()
    let many = try fixture.lines(fixture.request(100)).lines
    #expect(try fixture.lines(fixture.request(7)).lines == Array(many.prefix(7)))
    #expect(try fixture.lines(fixture.request(7, seed: 8)).lines != Array(many.prefix(7)))
  }

  @Test func `empty and long lines are left out, and their indices are skipped`() throws {
    let fixture = try Fixture()
    let (lines, counts) = try fixture.lines(fixture.request(60, length: 12))
    #expect(counts.empty > 0 && counts.long > 0 && lines.count == 60)
    #expect(lines.allSatisfy { !$0.text.isEmpty && $0.text.count < 12 })
    #expect(counts.attempts == (lines.last?.index ?? 0) + 1)
    let all = try fixture.lines(fixture.request(60)).lines
    #expect(lines.allSatisfy { line in line.index > (all.last?.index ?? 0) || all.contains(line) })
  }

  @Test func `--new-only leaves out items of the list, and lines that were written`() throws {
    let plain = try Fixture()
    let lines = try plain.lines(plain.request(200, seed: 9)).lines
    let known = lines.filter { $0.index % 2 == 0 }.map { line in
      line.text.trimmingCharacters(in: .whitespaces)
    }
    let fixture = try Fixture(list: known)
    var request = fixture.request(200, seed: 9)
    let (all, _) = try fixture.lines(request)
    let listed = all.filter { $0.isListed == true }
    #expect(listed.count > 20, "the share of listed items: \(listed.count) of \(all.count)")
    #expect(all.allSatisfy { ($0.isListed == true) == known.contains($0.text) })
    request.isNewOnly = true
    let (new, counts) = try fixture.lines(request)
    #expect(counts.listed > 0 && new.allSatisfy { $0.isListed == false })
    #expect(Set(new.map(\.text)).count == new.count)
    #expect(Set(new.map(\.text)).isDisjoint(with: known))
    // The same lines in the same order, without those that are left out.
    var seen: Set<String> = []
    let expected = all.filter { $0.isListed == false && seen.insert($0.text).inserted }
    #expect(Array(new.prefix(expected.count)) == expected)
  }

  @Test func `a model that knows nothing but its list comes to an end`() throws {
    // The list has all lines that are generated up to the limit.
    let plain = try Fixture()
    let limit = plain.request(5).attemptLimit
    let all = try plain.lines(plain.request(limit, length: 12)).lines
    let fixture = try Fixture(list: all.filter { $0.index < limit }.map(\.text))
    var request = fixture.request(5, length: 12)
    request.isNewOnly = true
    let (lines, counts) = try fixture.lines(request)
    #expect(lines.isEmpty && counts.attempts == request.attemptLimit)
    #expect(counts.listed > 100 && counts.repeated == 0)
  }

  @Test func `the closure ends the generation, and shouldStop too`() throws {
    let fixture = try Fixture()
    var count = 0
    let counts = try fixture.generator.writeLines(fixture.request(50)) { _ in
      count += 1
      return count < 3
    }
    #expect(count == 3 && counts.emitted == 3)
    let none = try fixture.generator.writeLines(fixture.request(50), shouldStop: { true }) { _ in
      Issue.record("nothing is complete")
      return true
    }
    #expect(none.emitted == 0)
  }

  @Test func `likelihoods are those of the tokens after the prompt`() throws {
    let fixture = try Fixture()
    var request = fixture.request(5, prompt: "a")
    #expect(try fixture.lines(request).lines.allSatisfy { $0.meanLogProbability == nil })
    request.scores = true
    #expect(
      try fixture.lines(request).lines.allSatisfy {
        $0.text == "a" || ($0.meanLogProbability ?? 0) < 0
      })
  }

  @Test func `lines obey a constraint after the prompt`() throws {
    let fixture = try Fixture()
    var control = TextControl()
    control.pattern = try TextPattern("[ab]{2,3}")
    var request = fixture.request(30, prompt: "a")
    request.constraint = try SequenceConstraint(control, of: fixture.model.metadata)
    let (lines, counts) = try fixture.lines(request)
    #expect(lines.count == 30 && counts.attempts == 30)
    for line in lines {
      #expect(line.text.wholeMatch(of: /a[ab]{2,3}/) != nil, "\(line.text)")
    }
  }

  @Test func `a vocabulary without a line break cannot end lines`() throws {
    #expect(try Fixture().model.metadata.hasLineBreak)
    let model = try randomModel(.rnn, of: Corpus.read([.text("abc")]))
    #expect(!model.metadata.hasLineBreak)
  }
}

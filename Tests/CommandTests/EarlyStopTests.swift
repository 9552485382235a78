import Foundation
import TestSupport
import Testing

/// A text of which the end has nothing to do with the beginning: the more is learned, the worse it is foretold.
struct EarlyStopTests {
  private static let text: String = {
    var random = SeededGenerator(seed: 3)
    func noise(_ letters: String, _ count: Int) -> String {
      (0..<count).map { _ in String(letters.randomElement(using: &random) ?? "a") }.joined()
    }
    return String(repeating: noise("abcdefgh", 60), count: 50) + noise("hgfedcba", 333)
  }()

  private func train(_ arguments: [String], in folder: Folder) throws -> GeulProcess.Result {
    try GeulProcess.run(
      ["train", "text.txt", "--out", "run", "--steps", "400", "--json"] + Runs.tiny + arguments,
      in: folder)
  }

  @Test func `a run whose loss rises ends early, keeps the best, and says so`() throws {
    let folder = try Folder()
    try folder.write(Self.text, to: "text.txt")
    let result = try train(["--learning-rate", "0.02"], in: folder)
    let object = try result.json()
    let steps = try #require(object["steps"] as? Int)
    let best = try #require(object["best_step"] as? Int)
    #expect(result.status == 0 && steps < 400 && best < steps)
    #expect(result.notes.contains { $0.contains("Early stopping") && $0.contains("step \(best)") })
    #expect(result.notes.contains { $0.contains("The model overfits after step") })
    let inspect = try GeulProcess.run(["inspect", "run"], in: folder).stdout
    #expect(inspect.contains("\(best) steps"))
    // What was ended early is finished: it goes on only when told how long.
    let again = try GeulProcess.run(["resume", "run", "--json"], in: folder).json()
    #expect(again["steps"] as? Int == steps)
    let longer = try GeulProcess.run(
      ["resume", "run", "--steps", "\(steps + 10)", "--json"], in: folder)
    #expect(try longer.json()["steps"] as? Int == steps + 10)
  }

  @Test func `--patience 0 goes on to the end`() throws {
    let folder = try Folder()
    try folder.write(Self.text, to: "text.txt")
    let result = try train(["--learning-rate", "0.02", "--patience", "0"], in: folder)
    #expect(try result.json()["steps"] as? Int == 400)
    #expect(!result.stderr.contains("Early stopping"))
  }

  @Test func `the model is compared with counting`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let result = try train([], in: folder)
    let object = try result.json()
    let unigram = try #require(object["unigram_nats"] as? Double)
    let trigram = try #require(object["trigram_nats"] as? Double)
    #expect(2...3.3 ~= unigram && trigram < unigram && trigram > 0.5)
    #expect(result.notes.contains { $0.hasPrefix("Baselines: unigram ") })
  }
}

import Foundation
import TestSupport
import Testing

/// Early stopping on a text whose validation part is unrelated to the training part, so that training must overfit.
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
      Runs.overriding(
        ["train", "text.txt", "--out", "run", "--steps", "400", "--json"] + Runs.tiny + arguments),
      in: folder)
  }

  @Test func `an overfitting run stops early, keeps the best model and reports it`() throws {
    let folder = try Folder()
    try folder.write(Self.text, to: "text.txt")
    let result = try train([], in: folder)
    let object = try result.json()
    let steps = try #require(object["steps"] as? Int)
    let best = try #require(object["best_step"] as? Int)
    #expect(result.status == 0 && steps < 400 && best < steps)
    #expect(result.notes.contains { $0.contains("Early stopping") && $0.contains("step \(best)") })
    #expect(result.notes.contains { $0.contains("The model overfits after step") })
    let inspect = try GeulProcess.run(["inspect", "run"], in: folder).stdout
    #expect(inspect.contains("\(best) steps"))
    // A run that stopped early is complete: it continues only with a new budget.
    let again = try GeulProcess.run(["resume", "run", "--json"], in: folder).json()
    #expect(again["steps"] as? Int == steps)
    let longer = try GeulProcess.run(
      ["resume", "run", "--steps", "\(steps + 10)", "--json"], in: folder)
    #expect(try longer.json()["steps"] as? Int == steps + 10)
  }

  @Test func `--patience 0 disables early stopping`() throws {
    let folder = try Folder()
    try folder.write(Self.text, to: "text.txt")
    let result = try train(["--patience", "0"], in: folder)
    #expect(try result.json()["steps"] as? Int == 400)
    #expect(!result.stderr.contains("Early stopping"))
  }

  @Test func `the model is compared with n-gram baselines`() throws {
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

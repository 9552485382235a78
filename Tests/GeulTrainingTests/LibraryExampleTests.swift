import Foundation
import Geul
import Testing
import TestSupport

/// The example of the library, as a program that imports `Geul` would write it.
struct LibraryExampleTests {
  @Test func `a model that was trained for a moment is saved, read and generates text`()
    async throws
  {
    let folder = try Folder()
    let path = folder.path + "/my.txt"
    let text = String(repeating: "the lamp on the hen, and the boat on the sea.\n", count: 60)
    try text.write(toFile: path, atomically: true, encoding: .utf8)

    let clock = Stopwatch()
    let corpus = try Corpus(contentsOf: path)
    var progress: [TrainingLoop.Progress] = []
    var options = TrainingOptions()  // a network that learns in a moment, also on a busy machine
    (options.hidden, options.dropout, options.configuration.architecture.layers) = (32, 0, 1)
    let trained = try Model.train(on: corpus, for: .milliseconds(600), options: options) {
      progress.append($0)
    }
    #expect(clock.seconds < 5, "the duration is kept, also on a machine that is busy")
    let modelPath = folder.path + "/models/my.safetensors"
    try trained.save(to: modelPath)
    let model = try Model(contentsOf: modelPath)
    #expect(model.parameters == trained.parameters)

    let training = try #require(model.metadata.training)
    #expect(training.corpusHash == corpus.hash && training.step > 0)
    let nats = try #require(training.validationNats)
    #expect(nats < log(Double(corpus.vocabulary.count)), "the model has learned something")
    let last = try #require(progress.last)
    #expect(last.validationNats != nil && last.description.hasPrefix("step \(last.step)/"))

    let generator = try Generator(model)
    let generated = try generator.text(after: "the ", length: 80, temperature: 0.7, seed: 1)
    #expect(generated.count == 80)
    #expect(generated.allSatisfy { text.contains($0) })
    #expect(try generator.text(after: "the ", length: 80, temperature: 0.7, seed: 1) == generated)
    let other = try (1...2).map {
      try generator.text(after: "the ", length: 80, temperature: 10, seed: $0)
    }
    #expect(other[0] != other[1])
    var pieces: [String] = []
    for try await piece in generator.stream(after: "the ", length: 80, temperature: 0.7, seed: 1) {
      pieces.append(piece)
    }
    #expect(pieces.joined() == generated && pieces.count > 1)
    await #expect(throws: SamplingError.self) {
      for try await _ in generator.stream(after: "the ", temperature: -1) {}
    }
  }
}

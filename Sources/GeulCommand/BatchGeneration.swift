import Geul
import GeulCommandSupport
import PortableFoundation

/// The prompts of a batch, from a file with one prompt a line.
struct PromptFile {
  let prompts: [String]

  /// Reads a file: each line is a prompt, or a JSON object with the key `prompt`, or a JSON string.
  init(contentsOf argument: String, _ bytes: EncodingOptions) throws {
    let text = try readText(argument, bytes)
    let name = TextSource(argument: argument).name
    guard !text.isEmpty else {
      throw CommandError("\(name) has no prompts. Give a file with a prompt a line.")
    }
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let first = lines.first.map { $0.drop { $0 == " " } } ?? ""
    guard first.hasPrefix("{") || first.hasPrefix("\"") else {
      prompts = lines.map(String.init)
      return
    }
    prompts = try lines.enumerated().compactMap { number, line in
      guard !line.allSatisfy(\.isWhitespace) else { return nil }
      guard let prompt = Self.prompt(of: line) else {
        throw CommandError(
          "\(name): line \(number + 1) is not a JSON object with a text \"prompt\". Give one object a line, or plain text."
        )
      }
      return prompt
    }
  }

  private struct Line: Decodable { let prompt: String }

  private static func prompt(of line: Substring) -> String? {
    let data = Data(line.utf8)
    let decoder = JSONDecoder()
    return (try? decoder.decode(Line.self, from: data).prompt)
      ?? (try? decoder.decode(String.self, from: data))
  }
}

/// A set of texts: those of one prompt at one temperature.
struct TextSet {
  /// The prompt, as the model reads it.
  let prompt: String
  let ids: [Int]
  let temperature: Double
}

/// The generation of sets of texts, of which the best may be chosen.
struct BatchGeneration {
  let sets: [TextSet]
  /// The id of the token of a label; nil for none.
  let label: Int?
  let sampling: SamplingOptions
  let length: Int
  let seed: UInt64
  let stops: [String]
  /// The rules that the texts obey; nil for none.
  let constraint: SequenceConstraint?
  /// The number of texts of a set, and of those from which they are chosen by their likelihood.
  let count: Int
  let candidates: Int
  /// Indicates whether the likelihood of the texts is needed although none is left out.
  let needsLikelihood: Bool

  /// Generates all texts and emits each set in order: its texts, the most likely first if they are chosen.
  ///
  /// - Parameters:
  ///   - generator: The generator.
  ///   - emit: A closure that receives a set and its texts, and returns false to stop.
  /// - Throws: Errors of `emit`.
  func run(
    by generator: Generator, emit: (TextSet, [Generator.Text]) throws -> Bool
  ) throws {
    let requests = sets.flatMap { set in
      (0..<candidates).map { index in
        var options = sampling
        options.temperature = set.temperature
        var request = SequenceRequest(
          prompt: set.ids, length: length, sampling: options, seed: seed, sampleIndex: index,
          stops: stops)
        request.constraint = constraint
        request.label = label
        request.alternatives = needsLikelihood || candidates > count ? 0 : nil
        return request
      }
    }
    var texts: [Generator.Text] = []
    var failure: (any Error)?
    try generator.generate(requests, shouldStop: { StopSignal.isReceived }) { index, text in
      texts.append(text)
      guard texts.count == candidates else { return true }
      defer { texts = [] }
      do { return try emit(sets[index / candidates], best(of: texts)) } catch { failure = error }
      return false
    }
    if let failure { throw failure }
  }

  /// Returns the most likely texts; all of them in their order if none is left out.
  private func best(of texts: [Generator.Text]) -> [Generator.Text] {
    guard candidates > count else { return texts }
    // Sorting by the index, too, keeps the order of equally likely texts. An empty text has a likelihood of 1.
    let likelihoods = texts.map { $0.meanLogProbability ?? 0 }
    let order = texts.indices.sorted { (-likelihoods[$0], $0) < (-likelihoods[$1], $1) }
    return order.prefix(count).map { texts[$0] }
  }
}

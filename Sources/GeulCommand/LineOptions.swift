import ArgumentParser
import Geul
import GeulCommandSupport

/// The options of `geul generate` for lines, such as the items of a list.
struct LineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Write n lines, each on its own; see train --lines.", valueName: "n"))
  var lines: Int?
  @Flag(help: "With --lines: only lines that are not in the list.")
  var newOnly = false

  func validate() throws {
    try check("--lines", lines, in: 1...1_000_000)
    guard !newOnly || lines != nil else {
      throw ValidationError("--new-only needs --lines, the number of lines to write.")
    }
  }

  /// Throws if other options of `generate` contradict `--lines`.
  func checkCombination(with text: GeneratedTextOptions, _ sampler: SamplerOptions) throws {
    guard lines != nil else { return }
    let conflicts = [
      text.prompts == nil ? nil : "--prompts", text.numSamples == 1 ? nil : "--num-samples",
      text.stop.isEmpty ? nil : "--stop",
      sampler.temperatures.count == 1 ? nil : "several temperatures",
    ].compactMap(\.self)
    if let first = conflicts.first {
      throw ValidationError(
        "--lines writes lines after one prompt and cannot be combined with \(first). Leave out one of them."
      )
    }
    if let lines, let bestOf = text.bestOf, bestOf < lines {
      throw ValidationError("--best-of \(bestOf) must not be less than --lines \(lines).")
    }
  }
}

/// The lines that `geul generate --lines` writes.
struct LineGeneration {
  let request: Generator.LineRequest
  /// The number of lines, of which there may be fewer than of candidates.
  let count: Int
  /// Indicates whether each line is a JSON object.
  let isJSON: Bool

  /// A line of `--format jsonl`.
  private struct Object: Encodable {
    let text: String
    let inList: Bool?
    let temperature: Double
    let seed: UInt64
    let sample: Int
    let meanLogProbability: Double
  }

  /// Throws if the model cannot write such lines.
  func check(_ model: Model, path: String) throws {
    guard model.metadata.hasLineBreak else {
      throw CommandError(
        "\(path): the model's vocabulary has no line break, so it cannot end a line. Leave out --lines."
      )
    }
    guard !request.isNewOnly || model.metadata.list != nil else {
      throw CommandError(
        "\(path): the model has no list, because it was not trained with --lines. Leave out --new-only."
      )
    }
    let text = model.metadata.text(ofPrompt: request.prompt)
    guard !text.contains(where: \.isNewline) else {
      throw CommandError(
        "prompt: it contains a line break, and each line of --lines begins with the prompt. Give one line."
      )
    }
  }

  /// Generates and writes the lines, the most likely first if some are left out.
  ///
  /// - Returns: A sentence on missing candidates, from which the lines were chosen; nil if there are as many as requested.
  /// - Throws: `CommandError` if there are fewer lines than requested.
  func run(by generator: Generator) throws -> String? {
    var failure: (any Error)?
    var candidates: [Generator.Line] = []
    let isChosen = request.count > count
    let counts = try generator.writeLines(
      request, shouldStop: { StopSignal.isReceived },
      emit: { line in
        if isChosen {
          candidates.append(line)
          return true
        }
        do { return try write(line) } catch { failure = error }
        return false
      })
    if let failure { throw failure }
    if isChosen {
      let best = candidates.sorted {
        (-($0.meanLogProbability ?? 0), $0.index) < (-($1.meanLogProbability ?? 0), $1.index)
      }
      for line in best.prefix(count) { guard try write(line) else { return nil } }
    }
    guard !StopSignal.isReceived, let reasons = shortage(counts) else { return nil }
    guard counts.emitted >= count else {
      throw CommandError("Wrote only \(counts.emitted) of \(quantity(count, "line")): \(reasons)")
    }
    return
      "Chose from only \(counts.emitted) of \(quantity(request.count, "candidate")): \(reasons)"
  }

  private func write(_ line: Generator.Line) throws -> Bool {
    guard isJSON else { return try Output.text(line.text + "\n") }
    try Output.json(
      Object(
        text: line.text, inList: line.isListed, temperature: request.sampling.temperature,
        seed: request.seed, sample: line.index, meanLogProbability: line.meanLogProbability ?? 0))
    return true
  }

  /// Returns the reasons if fewer lines were found than requested.
  private func shortage(_ counts: Generator.LineCounts) -> String? {
    guard counts.emitted < request.count, counts.attempts >= request.attemptLimit else {
      return nil
    }
    let reasons = [
      (counts.listed, "in the training list"), (counts.repeated, "repeated"),
      (counts.long, "longer than --length \(request.length)"), (counts.empty, "empty"),
      (counts.blocked, "left without a possible token"),
    ].filter { $0.0 > 0 }.map { "\($0.0) were \($0.1)" }
    return
      "of \(counts.attempts) generated lines, \(reasons.joined(separator: ", "))."
      + (request.isNewOnly ? " A higher --temperature gives more new ones." : "")
  }
}

import ArgumentParser
import Geul
import GeulCommandSupport

private let defaults = SamplingOptions()

/// One or more temperatures, separated by commas.
struct Temperatures: ExpressibleByArgument {
  let values: [Double]

  init(_ value: Double) { values = [value] }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    values = parts.compactMap { Double($0) }
    guard values.count == parts.count else { return nil }
  }

  var defaultValueDescription: String { values.map { "\($0)" }.joined(separator: ",") }
}

/// The options of `geul generate` that control sampling and that most texts need.
struct SamplerOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Sampling temperature, or several such as 0.2,0.5,1; 0 always takes the most likely token.",
      valueName: "t"))
  var temperature = Temperatures(defaults.temperature)
  @Flag(help: "Always take the most likely token.")
  var greedy = false
  @Option(help: ArgumentHelp("Sample from the k most likely tokens; 0 disables.", valueName: "k"))
  var topK = defaults.topK
  @Option(
    help: ArgumentHelp(
      "Nucleus sampling: from the most likely tokens of this total probability; 1 disables.",
      valueName: "p"))
  var topP = defaults.topP
  @Option(
    help: ArgumentHelp(
      "Minimum probability, relative to the most likely token; 0 disables.", valueName: "p"))
  var minP = defaults.minP

  /// The temperatures to generate texts with.
  var temperatures: [Double] { greedy ? [0] : temperature.values }

  /// Sets these options, with the first temperature.
  func set(_ options: inout SamplingOptions) {
    options.temperature = temperatures[0]
    options.topK = topK
    options.topP = topP
    options.minP = minP
  }
}

/// The further options of `geul generate` that control sampling.
struct AdvancedSamplerOptions: ParsableArguments {
  @Option(
    help: .advanced(
      "Keep the logits within n standard deviations of the largest; 0 disables.", valueName: "n"))
  var topNSigma = defaults.topNSigma
  @Option(
    help: .advanced(
      "Locally typical sampling: from the tokens of this total probability whose surprisal is closest to the entropy; 1 disables.",
      valueName: "p"))
  var typicalP = defaults.typicalP
  @Option(
    help: ArgumentHelp("Penalty of recent tokens; 1 disables.", valueName: "p"))
  var repeatPenalty = defaults.repeatPenalty
  @Option(
    help: .advanced("Number of recent tokens that the penalties apply to.", valueName: "n"))
  var repeatLastN = defaults.repeatLastN
  @Option(
    help: .advanced(
      "Number to subtract from the logits of recent tokens, -2 to 2; 0 disables.",
      valueName: "penalty"))
  var presencePenalty = defaults.presencePenalty
  @Option(
    help: .advanced(
      "Number to subtract from the logits of recent tokens for each occurrence, -2 to 2; 0 disables.",
      valueName: "penalty"))
  var frequencyPenalty = defaults.frequencyPenalty
  @Option(
    help: .advanced(
      "DRY penalty of a token that extends a long repetition; 0 disables.", valueName: "penalty"))
  var dryMultiplier = defaults.dryMultiplier
  @Option(
    help: .advanced(
      "Factor of the DRY penalty for each further token of the repetition.", valueName: "factor"))
  var dryBase = defaults.dryBase
  @Option(
    help: .advanced(
      "Number of tokens from which the DRY penalty applies to a repetition.", valueName: "n"))
  var dryAllowedLength = defaults.dryAllowedLength
  @Option(
    help: .advanced(
      "Number of recent tokens in which repetitions are searched.", valueName: "n"))
  var dryLastN = defaults.dryLastN
  @Option(
    help: .advanced(
      "Temperature from -t minus this to -t plus this, by the entropy of the next token; 0 disables.",
      valueName: "t"))
  var dynatempRange = defaults.dynatempRange
  @Option(
    help: .advanced(
      "Exponent of the normalized entropy in the dynamic temperature.", valueName: "x"))
  var dynatempExponent = defaults.dynatempExponent
  @Option(
    help: .advanced(
      "Mirostat version, 0 or 2; 2 keeps the surprisal of the text at a target, instead of top-n-sigma, top-k, typical-p, top-p and min-p; 0 disables.",
      valueName: "version"))
  var mirostat = defaults.mirostat
  @Option(help: .advanced("Target surprisal of Mirostat in bits per token.", valueName: "bits"))
  var mirostatTau = defaults.mirostatTau
  @Option(help: .advanced("Learning rate of Mirostat.", valueName: "rate"))
  var mirostatEta = defaults.mirostatEta

  /// Sets these options.
  func set(_ options: inout SamplingOptions) {
    options.topNSigma = topNSigma
    options.typicalP = typicalP
    options.repeatPenalty = repeatPenalty
    options.repeatLastN = repeatLastN
    options.presencePenalty = presencePenalty
    options.frequencyPenalty = frequencyPenalty
    options.dryMultiplier = dryMultiplier
    options.dryBase = dryBase
    options.dryAllowedLength = dryAllowedLength
    options.dryLastN = dryLastN
    options.dynatempRange = dynatempRange
    options.dynatempExponent = dynatempExponent
    options.mirostat = mirostat
    options.mirostatTau = mirostatTau
    options.mirostatEta = mirostatEta
  }
}

extension SamplingOptions {
  /// Creates the options that a command line gives.
  init(_ options: SamplerOptions, _ advanced: AdvancedSamplerOptions) {
    self.init()
    options.set(&self)
    advanced.set(&self)
  }

  /// Throws `ValidationError` if an option is out of its range.
  func checkArguments() throws {
    do throws(SamplingError) { try validate() } catch {
      throw ValidationError(error.description)
    }
  }
}

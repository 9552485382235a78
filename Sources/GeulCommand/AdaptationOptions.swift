import ArgumentParser
import Geul
import GeulCommandSupport

/// Options of dynamic evaluation.
struct AdaptationOptions: ParsableArguments {
  private static let mixed = DynamicEvaluator.Configuration()
  private static let alone = DynamicEvaluator.Configuration(isMixed: false)

  @Option(
    help: ArgumentHelp(
      "Dynamic evaluation: learning rate (default: \(mixed.rate); with --no-ngrams \(alone.rate)).",
      valueName: "rate"))
  var dynamicRate: Float?
  @Option(
    help: ArgumentHelp(
      "Dynamic evaluation: tokens per update (default: \(mixed.length); with --no-ngrams \(alone.length)).",
      valueName: "n"))
  var dynamicLength: Int?
  @Option(
    help: ArgumentHelp(
      "Dynamic evaluation: decay toward the trained weights per update.", valueName: "rate"))
  var dynamicDecay = mixed.decay

  func validate() throws {
    if let dynamicRate { try check("--dynamic-rate", dynamicRate, in: 1e-8...1) }
    if let dynamicLength { try check("--dynamic-length", dynamicLength, in: 1...4096) }
    try check("--dynamic-decay", dynamicDecay, in: 0...1)
  }

  /// Returns the options as the library's configuration; without n-grams, the network adapts alone.
  func configuration(_ ngrams: NGramOptions) -> DynamicEvaluator.Configuration {
    var configuration = DynamicEvaluator.Configuration(isMixed: !ngrams.noNgrams)
    if let dynamicRate { configuration.rate = dynamicRate }
    if let dynamicLength { configuration.length = dynamicLength }
    configuration.decay = dynamicDecay
    return configuration
  }
}

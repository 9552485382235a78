import ArgumentParser
import Geul

/// Options of dynamic evaluation.
struct AdaptationOptions: ParsableArguments {
  @Option(help: "Dynamic evaluation: learning rate.")
  var dynamicRate = DynamicEvaluator.AdaptationConfiguration().rate
  @Option(help: "Dynamic evaluation: tokens per update.")
  var dynamicLength = DynamicEvaluator.AdaptationConfiguration().length
  @Option(help: "Dynamic evaluation: decay toward the trained weights per update.")
  var dynamicDecay = DynamicEvaluator.AdaptationConfiguration().decay

  func validate() throws {
    try check("--dynamic-rate", dynamicRate, in: 1e-8...1)
    try check("--dynamic-length", dynamicLength, in: 1...4096)
    try check("--dynamic-decay", dynamicDecay, in: 0...1)
  }

  /// The options as the library's configuration.
  var configuration: DynamicEvaluator.AdaptationConfiguration {
    var configuration = DynamicEvaluator.AdaptationConfiguration()
    (configuration.rate, configuration.length, configuration.decay) = (
      dynamicRate, dynamicLength, dynamicDecay
    )
    return configuration
  }
}

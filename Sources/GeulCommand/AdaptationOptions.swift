import ArgumentParser
import Geul

/// Options of dynamic evaluation.
struct AdaptationOptions: ParsableArguments {
  @Option(help: "Dynamic evaluation: learning rate.")
  var dynamicRate = DynamicEvaluator.Configuration().rate
  @Option(help: "Dynamic evaluation: tokens per update.")
  var dynamicLength = DynamicEvaluator.Configuration().length
  @Option(help: "Dynamic evaluation: decay toward the trained weights per update.")
  var dynamicDecay = DynamicEvaluator.Configuration().decay

  func validate() throws {
    try check("--dynamic-rate", dynamicRate, in: 1e-8...1)
    try check("--dynamic-length", dynamicLength, in: 1...4096)
    try check("--dynamic-decay", dynamicDecay, in: 0...1)
  }

  /// The options as the library's configuration.
  var configuration: DynamicEvaluator.Configuration {
    var configuration = DynamicEvaluator.Configuration()
    (configuration.rate, configuration.length, configuration.decay) = (
      dynamicRate, dynamicLength, dynamicDecay
    )
    return configuration
  }
}

import ArgumentParser
import Geul
import GeulCommandSupport

/// Options of dynamic evaluation.
struct AdaptationOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Dynamic evaluation: learning rate.", valueName: "rate"))
  var dynamicRate = DynamicEvaluator.Configuration().rate
  @Option(help: ArgumentHelp("Dynamic evaluation: tokens per update.", valueName: "n"))
  var dynamicLength = DynamicEvaluator.Configuration().length
  @Option(
    help: ArgumentHelp(
      "Dynamic evaluation: decay toward the trained weights per update.", valueName: "rate"))
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

import ArgumentParser
import Geul

/// How a model goes on learning from what it reads.
struct AdaptationOptions: ParsableArguments {
  @Option(help: "With --dynamic: the learning rate.")
  var dynamicRate = DynamicEvaluator.AdaptationConfiguration().rate
  @Option(help: "With --dynamic: units between two steps.")
  var dynamicLength = DynamicEvaluator.AdaptationConfiguration().length
  @Option(help: "With --dynamic: share of the way back to the model in each step.")
  var dynamicDecay = DynamicEvaluator.AdaptationConfiguration().decay

  func validate() throws {
    try check("--dynamic-rate", dynamicRate, in: 1e-8...1)
    try check("--dynamic-length", dynamicLength, in: 1...4096)
    try check("--dynamic-decay", dynamicDecay, in: 0...1)
  }

  /// The same as the library has it.
  var learning: DynamicEvaluator.AdaptationConfiguration {
    var learning = DynamicEvaluator.AdaptationConfiguration()
    (learning.rate, learning.length, learning.decay) = (dynamicRate, dynamicLength, dynamicDecay)
    return learning
  }
}

internal import ArgumentParser
package import Geul

/// The use of a model's n-grams, which are mixed with its network.
package struct NGramOptions: ParsableArguments, Sendable {
  @Flag(help: .advanced("Use the network alone, without the n-grams of the training text."))
  package var noNgrams = false

  package init() {}

  /// Returns the model, without its n-grams if the option says so.
  package func apply(to model: Model) -> Model {
    var model = model
    if noNgrams { model.ngrams = nil }
    return model
  }
}

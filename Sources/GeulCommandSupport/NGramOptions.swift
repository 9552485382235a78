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

  /// Prints a note if a model has n-grams, where only its network is used.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - name: The name of the model.
  ///   - target: What has the network only, such as `the page`.
  package static func noteUnused(in model: Model, name: String, by target: String) {
    guard model.ngrams != nil else { return }
    Output.note("Note: \(name) mixes its network with n-grams; \(target) has the network alone.")
  }
}

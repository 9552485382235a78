import ArgumentParser
package import Geul

/// The criterion by which the neurons that explain a text are selected.
package enum NeuronCriterion: String, ExpressibleByArgument, CaseIterable {
  /// The largest variance of the state.
  case active
  /// Forget gates, or update gates of a GRU, closest to 1.
  case persistent

  /// The maximum number of tokens of a text that is explained.
  package static let maximumLength = 1000

  /// Returns up to `count` neurons of a layer, counted from 0.
  package func neurons(_ explanation: Explanation, layer: Int, count: Int) -> [Int] {
    switch self {
    case .active: explanation.highestVariance(layer: layer, count: count)
    case .persistent: explanation.mostPersistent(layer: layer, count: count)
    }
  }
}

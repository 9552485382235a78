#if Server
import Foundation
import Geul
import GeulCommandSupport
import Synchronization

/// The models that the server offers; they can be replaced while requests use them.
package final class ModelRegistry: Sendable {
  /// A function that loads the model of an argument.
  package typealias Load = @Sendable (String, ServedModel.Identity) throws -> ServedModel

  private struct State {
    var models: [ServedModel]
    var version = 0
    /// The models that were replaced; they exist as long as their requests run.
    var replaced: [WeakReference] = []
  }

  private struct WeakReference {
    weak var model: ServedModel?
  }

  /// The arguments and the ids of their models, in the order of the command line.
  private let sources: [(argument: String, id: String)]
  private let load: Load
  private let state: Mutex<State>

  /// Loads the models of some arguments.
  ///
  /// - Throws: `CommandError` if two models have the same id; errors of `load`.
  package init(_ arguments: [String], load: @escaping Load) throws {
    sources = arguments.map { ($0, modelName(of: $0)) }
    self.load = load
    let ids = sources.map(\.id)
    if let id = ids.first(where: { id in ids.count { $0 == id } > 1 }) {
      throw CommandError("Two models have the id \(id). Rename a file or directory.")
    }
    var models: [ServedModel] = []
    for (argument, id) in sources {
      models.append(try load(argument, ServedModel.Identity(id: id, version: 0)))
    }
    state = Mutex(State(models: models))
  }

  /// The models in the order of the command line.
  package var models: [ServedModel] { state.withLock(\.models) }

  /// The number of times that the models were loaded anew.
  package var version: Int { state.withLock(\.version) }

  /// Returns the model with an id; without one, the only model.
  ///
  /// - Throws: `APIError` if there is no such model, or the id is missing and there are several.
  package func model(_ id: String?) throws(APIError) -> ServedModel {
    let models = models
    guard let id else {
      guard models.count == 1 else {
        let ids = models.map(\.id).joined(separator: ", ")
        throw .invalid(
          param: "model",
          "model is missing; this server has several models: \(ids).")
      }
      return models[0]
    }
    guard let model = models.first(where: { $0.id == id }) else {
      throw .modelNotFound(id, available: models.map(\.id))
    }
    return model
  }

  /// Loads all models anew; the running requests of the old ones continue.
  ///
  /// A model that cannot be loaded keeps its old version.
  ///
  /// - Returns: The errors, by model id.
  package func reload() -> [(id: String, error: any Error)] {
    let old = models
    let next = version + 1
    var models: [ServedModel] = []
    var errors: [(String, any Error)] = []
    for (index, (argument, id)) in sources.enumerated() {
      do {
        models.append(try load(argument, ServedModel.Identity(id: id, version: next)))
      } catch {
        errors.append((id, error))
        models.append(old[index])
      }
    }
    let replaced = zip(old, models).filter { $0 !== $1 }.map(\.0)
    state.withLock { state in
      state.models = models
      state.version = next
      state.replaced.removeAll { $0.model == nil }
      state.replaced += replaced.map(WeakReference.init)
    }
    for model in replaced { model.service.stop() }
    return errors
  }

  /// Ends all sequences with what they have generated.
  package func interrupt() {
    let models = state.withLock { $0.models + $0.replaced.compactMap(\.model) }
    for model in models { model.service.interrupt() }
  }
}
#endif

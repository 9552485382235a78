#if Server
import Foundation
package import Geul
import GeulCommandSupport

/// A model with the service that generates from it.
package final class ServedModel: Sendable {
  /// The identity of a loaded model, which differs from that of an earlier version of its file.
  package struct Identity: Hashable, Sendable {
    /// The name by which clients choose the model.
    package let id: String
    /// The number of times that models had been loaded before.
    package let version: Int

    package init(id: String, version: Int) { (self.id, self.version) = (id, version) }
  }

  package let identity: Identity
  package let model: Model
  package let service: GenerationService
  /// The time at which the file was written, in seconds since 1970.
  package let created: Int

  package init(
    _ identity: Identity, _ model: Model, service: GenerationService, created: Int
  ) {
    self.identity = identity
    self.model = model
    self.service = service
    self.created = created
  }

  /// The name by which clients choose the model.
  package var id: String { identity.id }
}

/// The way in which model arguments become served models.
struct ModelLoader: Sendable {
  let precision: Precision
  let machine: MachineOptions
  /// The maximum number of sequences that are generated at once, and of those that wait.
  let (capacity, queueLimit): (Int, Int)
  /// The maximum size of the prefix cache of a model in bytes.
  let cacheBytes: Int
  let ngramOptions: NGramOptions

  /// Loads a model and starts its service.
  func load(_ argument: String, _ identity: ServedModel.Identity) throws -> ServedModel {
    let model = ngramOptions.apply(to: try loadModel(argument))
    try check(precision, for: model)
    let service = try GenerationService(
      model, precision: precision, capacity: capacity, queueLimit: queueLimit,
      cacheBytes: cacheBytes, context: try machine.makeContext())
    return ServedModel(identity, model, service: service, created: Self.writeTime(of: argument))
  }

  private static func writeTime(of argument: String) -> Int {
    let path = modelPath(argument)
    let file = FileSystem.isFolder(path) ? path + "/best.safetensors" : path
    let attributes = try? FileManager.default.attributesOfItem(atPath: file)
    let date = attributes?[.modificationDate] as? Date ?? Date()
    return Int(date.timeIntervalSince1970)
  }
}
#endif

#if Server
import Geul
import GeulCommandSupport

/// The paths that list or delete what the server has.
extension ServerState {
  /// Returns all models.
  func models() -> Reply {
    Reply(ModelDescription.list(registry.models.map(Self.description)))
  }

  /// Returns one model.
  func model(_ exchange: Exchange) throws -> Reply {
    Reply(Self.description(of: try registry.model(exchange.parameter)).response)
  }

  private static func description(of model: ServedModel) -> ModelDescription {
    ModelDescription(id: model.id, created: model.created, model.model)
  }

  /// Returns the OpenAPI document, which names the models and limits of this server.
  func openAPI() async throws -> Reply {
    let models = registry.models.map(Self.description)
    let (limits, requiresKey) = (options.limits, !keys.isEmpty)
    return try await workQueue.run {
      let document = OpenAPIDocument(
        version: programVersion, models: models, limits: limits, requiresKey: requiresKey)
      return Reply(document.response)
    }
  }

  /// Returns all sessions.
  func listSessions() -> Reply {
    let descriptions = sessions.list().map { session in
      SessionDescription(
        id: session.name, model: session.model, tokens: session.tokenCount,
        idleSeconds: Int(session.idleTime / .seconds(1)))
    }
    return Reply(SessionDescription.list(descriptions))
  }

  /// Deletes a session.
  func deleteSession(_ exchange: Exchange) throws -> Reply {
    try sessions.remove(exchange.parameter)
    return Reply(SessionDescription.deletion(of: exchange.parameter))
  }
}
#endif

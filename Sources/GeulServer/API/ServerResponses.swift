#if Server

/// A session as `GET /v1/sessions` lists it.
package struct SessionDescription: Equatable, Sendable {
  /// The name.
  package let id: String
  /// The id of its model.
  package let model: String
  /// The number of tokens that were read or generated.
  package let tokens: Int
  /// The number of seconds since its last use.
  package let idleSeconds: Int

  /// Describes a session.
  package init(id: String, model: String, tokens: Int, idleSeconds: Int) {
    self.id = id
    self.model = model
    self.tokens = tokens
    self.idleSeconds = idleSeconds
  }

  /// Returns the JSON of a list of sessions.
  package static func list(_ sessions: [SessionDescription]) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("object", "list")
      json.field("count", sessions.count)
      json.key("data")
      json.array(sessions) { json, session in
        json.object { json in
          json.field("id", session.id)
          json.field("object", "session")
          json.field("model", session.model)
          json.field("tokens", session.tokens)
          json.field("idle_seconds", session.idleSeconds)
        }
      }
    }
    return json.bytes
  }

  /// Returns the JSON that says that a session was deleted.
  package static func deletion(of id: String) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("id", id)
      json.field("object", "session")
      json.field("deleted", true)
    }
    return json.bytes
  }

  /// Indicates whether a session can have this name; no other is ever found.
  package static func isName(_ name: String) -> Bool { RequestFields.isSessionName(name) }
}

/// The state of the server as `GET /health` shows it.
package struct Health: Equatable, Sendable {
  /// Indicates whether the server accepts requests; false while it shuts down.
  package let isServing: Bool
  /// The ids of the models.
  package let models: [String]
  /// The number of sequences that are being generated.
  package let active: Int
  /// The number of sequences that wait.
  package let waiting: Int
  /// The number of sessions.
  package let sessions: Int

  /// Describes the state of the server.
  package init(isServing: Bool, models: [String], active: Int, waiting: Int, sessions: Int) {
    self.isServing = isServing
    self.models = models
    self.active = active
    self.waiting = waiting
    self.sessions = sessions
  }

  /// The HTTP status code.
  package var status: Int { isServing ? 200 : 503 }

  /// The JSON of the state.
  package var response: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("status", isServing ? "ok" : "shutting_down")
      json.field("models", models)
      json.field("active", active)
      json.field("waiting", waiting)
      json.field("sessions", sessions)
    }
    return json.bytes
  }
}
#endif

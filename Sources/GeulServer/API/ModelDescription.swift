#if Server

package import Geul

/// A model as `GET /v1/models` lists it.
package struct ModelDescription: Sendable {
  /// The id.
  package let id: String
  private let created: Int
  let metadata: Model.Metadata
  private let parameterCount: Int

  /// Describes a model; `created` is the time of its file in seconds since 1970.
  package init(id: String, created: Int, _ model: Model) {
    self.id = id
    self.created = created
    metadata = model.metadata
    parameterCount = model.network.layout.parameterCount
  }

  /// The JSON of the model.
  package var response: [UInt8] {
    var json = JSONWriter()
    write(to: &json)
    return json.bytes
  }

  /// Returns the JSON of a list of models.
  package static func list(_ models: [ModelDescription]) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("object", "list")
      json.key("data")
      json.array(models) { json, model in model.write(to: &json) }
    }
    return json.bytes
  }

  private func write(to json: inout JSONWriter) {
    let shape = metadata.architecture
    json.object { json in
      json.field("id", id)
      json.field("object", "model")
      json.field("created", created)
      json.field("owned_by", "geul")
      json.key("geul")
      json.object { json in
        json.field("cell", shape.cell.rawValue)
        json.field("layers", shape.layers)
        json.field("hidden", shape.hidden)
        json.field("vocabulary_size", metadata.vocabulary.count)
        json.field("unit", metadata.tokenizer.unit.rawValue)
        json.field("parameters", parameterCount)
        json.field("validation_nats", number: metadata.training?.validationNats)
      }
    }
  }
}
#endif

#if Server

package import Geul

/// A request of `POST /v1/explain`, with the options of `geul explain`.
package struct ExplainRequest: Equatable, Sendable {
  /// A rule that selects neurons.
  package enum Selection: String, CaseIterable, Sendable {
    /// The largest variance of the state.
    case active
    /// Forget gates, or update gates of a GRU, closest to 1.
    case persistent
  }

  /// The id of the model; nil for the only one.
  package let model: String?
  /// The text.
  package let text: String
  /// The layer whose activations are returned, counted from 1; nil for the last.
  package let layer: Int?
  /// The neurons whose activations are returned, counted from 0; empty for a selection.
  package let neurons: [Int]
  /// The number of neurons to select; nil for the default.
  package let rows: Int?
  /// The rule that selects neurons; nil for the default.
  package let selection: Selection?

  /// Indicates whether the request asks for activations.
  package var includesActivations: Bool {
    layer != nil || rows != nil || selection != nil || !neurons.isEmpty
  }

  /// Parses and validates the body of a request.
  ///
  /// - Throws: `APIError` with status 400.
  package init(body: [UInt8]) throws(APIError) {
    let fields = try RequestFields(body: body)
    model = try fields.model()
    guard let text = try fields.string("text") else { throw fields.missing("text", "a string") }
    self.text = text
    layer = try fields.integer("layer", in: 1...64)
    neurons = try Self.neurons(fields)
    rows = try fields.integer("rows", in: 1...APILimits.explainedNeurons)
    selection = try fields.choice("select", Selection.allCases.map(\.rawValue))
      .flatMap(Selection.init)
  }

  private static func neurons(_ fields: RequestFields) throws(APIError) -> [Int] {
    let rule = "a list of at most \(APILimits.explainedNeurons) neurons, counted from 0"
    guard let value = fields["neurons"] else { return [] }
    guard case .array(let elements) = value else { throw fields.mustBe(rule, "neurons", value) }
    guard elements.count <= APILimits.explainedNeurons else {
      throw RequestFields.mustBe(rule, "neurons", "a list of \(elements.count)")
    }
    var neurons: [Int] = []
    for (index, element) in elements.enumerated() {
      guard let neuron = element.exactInteger, neuron >= 0 else {
        throw RequestFields.mustBe(
          "an integer of 0 or more", "neurons[\(index)]", element.shortDescription,
          param: "neurons")
      }
      neurons.append(neuron)
    }
    return neurons
  }

  /// Checks that a model has the layer, the neurons and the gates that the request names.
  ///
  /// - Throws: `APIError` with status 400.
  package func check(against shape: Architecture) throws(APIError) {
    if let layer, layer > shape.layers {
      throw RequestFields.mustBe(
        "a layer of the model, from 1 to \(shape.layers)", "layer", "\(layer)")
    }
    for (index, neuron) in neurons.enumerated() where neuron >= shape.hidden {
      throw RequestFields.mustBe(
        "a neuron of the model, from 0 to \(shape.hidden - 1)", "neurons[\(index)]", "\(neuron)",
        param: "neurons")
    }
    if selection == .persistent, shape.cell == .rnn {
      throw RequestFields.mustBe(
        "\"active\" for a vanilla RNN, which has no gates", "select", "\"persistent\"")
    }
  }
}
#endif

#if Server
import Geul
import GeulCommandSupport

/// The paths that read a text without continuing it.
extension ServerState {
  /// Returns the log-probabilities of the tokens of texts.
  func score(_ exchange: Exchange) async throws -> Reply {
    let limits = options.limits
    let request = try await process(exchange) { try ScoreRequest(body: exchange.body) }
    let (plan, run) = try await withModel(request.model) { model in
      let plan = try await process(exchange) {
        try ScorePlan(request, for: model.model.metadata, limits: limits)
      }
      let run = try GenerationRun.start(
        plan.sequences, by: model, session: nil, isStreamed: false, on: self, exchange.record)
      return (plan, run)
    }
    let outputs = try await outputs(of: run, exchange)
    let texts = TokenTexts(of: run.model.model.metadata)
    return Reply(
      try await process(exchange) { plan.response(outputs, model: run.model.id, texts: texts) })
  }

  /// Returns the predictions and activations of a model on a text.
  func explain(_ exchange: Exchange) async throws -> Reply {
    let request = try ExplainRequest(body: exchange.body)
    let model = try registry.model(request.model).model
    try request.check(against: model.metadata.architecture)
    let encoded = try request.encoded(for: model.metadata)
    return try await workQueue.run {
      // Another client may wait for the queue.
      guard !exchange.connection.isClosed else { throw CancellationError() }
      let explanation = Explanation(encoded.ids, by: model)
      var data = ExplanationData(unit: model.metadata.tokenizer.unit)
      data.add(explanation)
      if request.includesActivations {
        let (layer, neurons) = request.neurons(explanation, model.metadata.architecture)
        data.add(explanation, layer: layer, neurons)
      }
      return Reply(try ExplainRequest.response(data, warnings: encoded.warnings))
    }
  }

  /// Returns the tokens of a text.
  func tokenize(_ exchange: Exchange) async throws -> Reply {
    let (limits, registry) = (options.limits, registry)
    return try await process(exchange) {
      let request = try TokenizeRequest(body: exchange.body)
      let metadata = try registry.model(request.model).model.metadata
      return Reply(
        try request.response(for: metadata, texts: TokenTexts(of: metadata), limits: limits))
    }
  }

  /// Returns the text of tokens.
  func detokenize(_ exchange: Exchange) async throws -> Reply {
    let (limits, registry) = (options.limits, registry)
    return try await process(exchange) {
      let request = try DetokenizeRequest(body: exchange.body)
      let metadata = try registry.model(request.model).model.metadata
      return Reply(try request.response(for: metadata, limits: limits))
    }
  }
}

extension ExplainRequest {
  /// Returns the layer and the neurons whose activations the request asks for, counted from 0.
  fileprivate func neurons(
    _ explanation: Explanation, _ shape: Architecture
  ) -> (layer: Int, neurons: [Int]) {
    let layer = (layer ?? shape.layers) - 1
    guard neurons.isEmpty else { return (layer, neurons) }
    let criterion = selection == .persistent ? NeuronCriterion.persistent : .active
    return (layer, criterion.neurons(explanation, layer: layer, count: rows ?? 12))
  }
}
#endif

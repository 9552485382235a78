#if Server
import Foundation
import Geul
import NIOCore

/// `POST /v1/completions` and `POST /v1/chat/completions`.
extension ServerState {
  func completions(_ exchange: Exchange) async throws -> Reply {
    let limits = options.limits
    let request = try await process(exchange) {
      try CompletionRequest(body: exchange.body, limits: limits)
    }
    if options.logPrompts, case .texts(let texts) = request.prompt {
      exchange.record.note("prompt", "\(texts)")
    }
    return try await generate(exchange, model: request.model, session: request.session) { model in
      try request.plan(for: model, limits: limits)
    }
  }

  func chat(_ exchange: Exchange) async throws -> Reply {
    let (limits, template) = (options.limits, options.chatTemplate)
    let request = try await process(exchange) {
      try ChatRequest(body: exchange.body, limits: limits)
    }
    if options.logPrompts {
      exchange.record.note("prompt", "\(request.messages.map(\.text))")
    }
    return try await generate(exchange, model: request.model, session: nil) { model in
      try request.plan(for: model, template: template, limits: limits)
    }
  }

  /// Generates the texts of a plan, and returns them as a whole or as a stream of events.
  private func generate(
    _ exchange: Exchange, model id: String?, session: String?,
    _ makePlan: @escaping @Sendable (Model.Metadata) throws -> GenerationPlan
  ) async throws -> Reply {
    let (plan, run) = try await withModel(id) { model in
      let plan = try await process(exchange) { try makePlan(model.model.metadata) }
      let run = try GenerationRun.start(
        plan.sequences, by: model, session: session, isStreamed: plan.isStreamed, on: self,
        exchange.record)
      return (plan, run)
    }
    exchange.record.note("model", run.model.id)
    let identity = ResponseIdentity(
      plan.form, created: Int(Date().timeIntervalSince1970), model: run.model.id)
    let texts = TokenTexts(of: run.model.model.metadata)
    guard plan.isStreamed else {
      let outputs = try await outputs(of: run, exchange)
      return Reply(plan.response(outputs, identity: identity, texts: texts))
    }
    return Reply { [self] write in
      try await stream(
        run, GenerationEvents(plan, identity: identity, texts: texts), exchange, write)
    }
  }

  /// Returns the whole output of a run.
  ///
  /// - Throws: `APIError` if the time is up, `CancellationError` if the client has left.
  func outputs(of run: GenerationRun, _ exchange: Exchange) async throws -> [SequenceOutput] {
    let outputs = await run.withLimits(exchange.connection, timeout: options.timeout) {
      await run.collect()
    }
    if let outputs { return outputs }
    guard run.cancellation == .timeout else { throw CancellationError() }
    throw APIError.timeout(seconds: Int(options.timeout.rounded(.up)))
  }

  /// Writes the events of a run until its end.
  private func stream(
    _ run: GenerationRun, _ events: GenerationEvents, _ exchange: Exchange, _ write: Reply.Writer
  ) async throws {
    var events = events
    try await run.withLimits(exchange.connection, timeout: options.timeout) {
      try await EventPump.writeAll(of: run, to: write) { events.append($0) }
    }
    switch run.cancellation {
    case nil: try await write(ByteBuffer(bytes: events.end()))
    case .timeout:
      let error = APIError.timeout(seconds: Int(options.timeout.rounded(.up)))
      try await write(ByteBuffer(bytes: GenerationEvents.error(error)))
    case .clientLeft: throw CancellationError()
    }
  }
}
#endif

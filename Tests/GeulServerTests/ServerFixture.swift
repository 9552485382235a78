#if Server
import GeulCompute
import GeulGeneration
import GeulModel
import GeulServer
import TestSupport

/// Returns a served model with random parameters.
func servedModel(
  _ id: String = "model", version: Int = 0, cell: CellKind = .lstm
) throws -> ServedModel {
  let model = try randomModel(cell)
  let service = try GenerationService(
    model, capacity: 2, queueLimit: 8, context: ComputeContext(Kernels(.portable)))
  return ServedModel(.init(id: id, version: version), model, service: service, created: 0)
}

/// Returns the state of a model after some generated tokens.
func sequenceState(of model: ServedModel, length: Int = 3) async throws -> SequenceState {
  var request = SequenceRequest(prompt: [1], length: length)
  request.keepsState = true
  let outputs = await model.service.collect(request)
  guard let state = outputs?.first?.state else { throw MissingState() }
  return state
}

/// An error for a sequence without a state.
struct MissingState: Error {}

extension GenerationService {
  fileprivate func collect(_ request: SequenceRequest) async -> [SequenceOutput]? {
    await (try? start([request]))?.collect()
  }
}
#endif

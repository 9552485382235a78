internal import CGeulKernels

extension ComputeContext {
  /// Computes the logits W_y h + b_y, `[r, v]`, of the first `rows` rows of a layer's output.
  ///
  /// The threads share the columns of a large matrix.
  public func project(
    _ weights: PackedMatrix, bias: ParameterSlot, in parameters: ParameterStorage,
    output activations: LayerActivations, rows: Int, into logits: Logits
  ) {
    let depth = padded(weights.slot.depth)
    precondition(rows <= logits.rows, "\(rows) rows, logits for \(logits.rows)")
    precondition(weights.slot.units == logits.vocabulary, "\(weights.slot.units) tokens")
    require("output", activations.outputCount, atLeast: rows * depth)
    require("parameters", parameters.values.count, atLeast: bias.range.upperBound)
    logits.usedRows = rows
    withExtendedLifetime((weights, parameters, activations, logits)) {
      var call = unsafe geul_projection()
      unsafe (call.rows, call.depth, call.width) = (rows, depth, weights.slot.width)
      unsafe call.hidden = activations.outputPointer
      unsafe call.weights = UnsafeRawPointer(weights.forward.pointer)
      unsafe call.bias = parameters.values.pointer + bias.offset
      unsafe call.logits = logits.values.pointer
      let project = unsafe kernels.inference(weights.precision).projection_forward
      let shared = unsafe Shared(call)
      pool.split(columns: weights.slot.width, weightBytes: weights.forward.count) { columns in
        var call = unsafe shared.value
        unsafe (call.first_column, call.end_column) = (columns.lowerBound, columns.upperBound)
        unsafe project(&call)
      }
    }
  }
}

extension Kernels {
  /// Propagates the gradient of the logits back through the matrix: dLogits W^T, `[r, h]`.
  public func projectBack(
    _ weights: PackedMatrix, logits: Logits, into dHidden: inout Buffer<Float>
  ) {
    precondition(weights.backward.count > 0, "packed for inference only")
    let depth = padded(weights.slot.depth)
    require("dHidden", dHidden.count, atLeast: logits.usedRows * depth)
    withExtendedLifetime((weights, logits)) {
      unsafe training(weights.precision).projection_backward(
        dHidden.mutablePointer(), logits.gradientPointer(at: 0), logits.usedRows,
        weights.slot.width, weights.backward.pointer(), depth)
    }
  }

  /// Computes softmax and cross-entropy: the loss of each row, in nats.
  ///
  /// - Parameters:
  ///   - logits: the logits; replaced by their gradients.
  ///   - targets: the token that followed, `[r]`; -1 does not count.
  ///   - scale: the factor of the gradient; nil when no gradient is needed.
  ///   - losses: takes the losses, `[r]` nats.
  public func crossEntropy(
    _ logits: Logits, targets: Buffer<Int32>, scale: Float?, losses: inout Buffer<Double>
  ) {
    require("targets", targets.count, atLeast: logits.usedRows)
    require("losses", losses.count, atLeast: logits.usedRows)
    for row in 0..<logits.usedRows {
      precondition(targets[row] < logits.vocabulary, "target \(targets[row])")
    }
    let isNarrow = logits.bfloat16Gradients.count > 0
    let values = unsafe logits.values.pointer
    var gradients: UnsafeMutableRawPointer?
    if scale != nil {
      unsafe gradients =
        isNarrow
        ? unsafe logits.bfloat16Gradients.mutablePointer() : UnsafeMutableRawPointer(values)
    }
    withExtendedLifetime((targets, logits)) {
      unsafe training(isNarrow ? .bfloat16 : .float32).cross_entropy(
        losses.mutablePointer(), gradients, values, logits.usedRows, logits.vocabulary,
        targets.pointer, scale ?? 0)
    }
  }
}

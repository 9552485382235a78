internal import CGeulKernels

extension ComputeContext {
  /// Computes the logits W_y h + b_y, `[r, v]`, for the first `rows` rows of a layer's output, `[r, h]`.
  ///
  /// The columns of a large matrix are divided among the threads.
  public func project(
    _ weights: PackedMatrix, bias: ParameterSlot, in parameters: ParameterStorage,
    output activations: LayerActivations, rows: Int, into logits: Logits
  ) {
    let depth = padded(weights.slot.depth)
    precondition(rows <= logits.rows, "rows must be at most \(logits.rows), is \(rows)")
    precondition(
      weights.slot.units == logits.vocabulary,
      "the projection has \(weights.slot.units) columns, the vocabulary \(logits.vocabulary) tokens"
    )
    require("output", activations.outputCount, atLeast: rows * depth)
    require("parameters", parameters.values.count, atLeast: bias.range.upperBound)
    logits.usedRows = rows
    defer {
      extendLifetime(weights)
      extendLifetime(parameters)
      extendLifetime(activations)
      extendLifetime(logits)
    }
    var call = unsafe geul_projection()
    unsafe (call.rows, call.depth, call.width) = (rows, depth, weights.slot.width)
    unsafe call.hidden = activations.outputPointer
    unsafe call.weights = UnsafeRawPointer(weights.forward.pointer)
    unsafe call.bias = parameters.values.pointer + bias.offset
    unsafe call.logits = logits.values.pointer
    let project = unsafe kernels.inference(weights.precision).projection_forward
    let shared = unsafe SendableArguments(call)
    pool.split(columns: weights.slot.width, weightBytes: weights.forward.count) { columns in
      var call = unsafe shared.value
      unsafe (call.first_column, call.end_column) = (columns.lowerBound, columns.upperBound)
      unsafe project(&call)
    }
  }
}

extension Kernels {
  /// Computes the gradient with respect to the projection's input, dLogits W_y^T, `[r, h]`.
  public func projectBack(
    _ weights: PackedMatrix, logits: Logits, into dHidden: inout Buffer<Float>
  ) {
    precondition(weights.backward.count > 0, "the matrix is packed for inference only")
    let depth = padded(weights.slot.depth)
    require("dHidden", dHidden.count, atLeast: logits.usedRows * depth)
    withExtendedLifetime((weights, logits)) {
      unsafe training(weights.precision).projection_backward(
        dHidden.mutablePointer(), logits.gradientPointer(at: 0), logits.usedRows,
        weights.slot.width, weights.backward.pointer(), depth)
    }
  }

  /// Computes softmax and cross-entropy of each row.
  ///
  /// - Parameters:
  ///   - logits: The logits, `[r, v]`; overwritten, with their gradients if `scale` is not nil.
  ///   - targets: The next tokens, `[r]`; rows with a target of -1 are ignored.
  ///   - scale: The factor that the gradient is multiplied by; nil if no gradient is needed.
  ///   - losses: Receives the losses in nats, `[r]`.
  public func crossEntropy(
    _ logits: Logits, targets: Buffer<Int32>, scale: Float?, losses: inout Buffer<Double>
  ) {
    require("targets", targets.count, atLeast: logits.usedRows)
    require("losses", losses.count, atLeast: logits.usedRows)
    for row in 0..<logits.usedRows {
      precondition(
        targets[row] < logits.vocabulary,
        "target \(targets[row]) is not less than \(logits.vocabulary)")
    }
    let isBFloat16 = logits.bfloat16Gradients.count > 0
    let values = unsafe logits.values.pointer
    var gradients: UnsafeMutableRawPointer?
    if scale != nil {
      unsafe gradients =
        isBFloat16
        ? unsafe logits.bfloat16Gradients.mutablePointer() : UnsafeMutableRawPointer(values)
    }
    withExtendedLifetime((targets, logits)) {
      unsafe training(isBFloat16 ? .bfloat16 : .float32).cross_entropy(
        losses.mutablePointer(), gradients, values, logits.usedRows, logits.vocabulary,
        targets.pointer, scale ?? 0)
    }
  }
}

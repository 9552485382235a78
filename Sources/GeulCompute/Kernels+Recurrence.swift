internal import CGeulKernels

extension ComputeContext {
  /// Computes the forward pass of a layer over the first `length` steps of a window.
  ///
  /// With one step, the columns are divided among the threads; more steps run on the calling thread.
  public func forward(
    _ layer: PackedLayer, in parameters: ParameterStorage, input: LayerInput,
    into activations: LayerActivations, length: Int
  ) {
    precondition(
      activations.cell == layer.cell && activations.width == layer.width,
      "the activations have another kind or width than the layer")
    precondition(
      length <= activations.length, "length must be at most \(activations.length), is \(length)")
    let rows = activations.rows
    require("parameters", parameters.values.count, atLeast: layer.parameterEnd)
    defer {
      // Borrows, unlike `withExtendedLifetime`, which retains.
      extendLifetime(layer)
      extendLifetime(parameters)
      extendLifetime(input)
      extendLifetime(activations)
    }
    let base = unsafe parameters.values.pointer
    var call = unsafe geul_forward()
    unsafe (call.length, call.rows, call.width) = (length, rows, activations.width)
    unsafe call.relu = layer.activation == .relu ? 1 : 0
    unsafe call.bias = base + layer.bias.offset
    if let slot = layer.recurrentBias { unsafe call.recurrent_bias = base + slot.offset }
    unsafe call.recurrent_weights = UnsafeRawPointer(layer.packedRecurrent.forward.pointer)
    switch input {
    case .tokens(let tokens):
      require("tokens", tokens.count, atLeast: length * rows)
      unsafe call.tokens = tokens.pointer
      unsafe call.embedding = base + layer.input.offset
      let depth = layer.input.depth
      for index in 0..<length * rows {
        precondition(
          0 <= tokens[index] && tokens[index] < depth,
          "token \(tokens[index]) is not in 0..<\(depth)")
      }
    case .output(let below):
      guard let packed = layer.packedInput else {
        preconditionFailure("the input of the first layer must be tokens")
      }
      let inputs = padded(packed.slot.depth)
      require("input", below.outputCount, atLeast: length * rows * inputs)
      unsafe call.inputs = inputs
      unsafe call.input_weights = UnsafeRawPointer(packed.forward.pointer)
      unsafe call.input = below.outputPointer
    }
    unsafe call.hidden = activations.hidden.mutablePointer()
    if activations.float32State.count > 0 {
      unsafe call.state = activations.float32State.pointer
    }
    unsafe call.gates = activations.gates.pointer
    let kernel = unsafe kernels.forwardKernel(layer.cell, activations.precision)
    let shared = unsafe SendableArguments(call)
    // All columns of a step must be computed before the next step begins.
    let pool = length == 1 ? pool : ThreadPool(1)
    pool.split(columns: activations.width, weightBytes: layer.weightBytes) { columns in
      var call = unsafe shared.value
      unsafe (call.first_unit, call.end_unit) = (columns.lowerBound, columns.upperBound)
      unsafe kernel(&call)
    }
  }
}

extension Kernels {
  /// Computes the backward pass of a layer over the whole window of `forward`.
  ///
  /// - Parameters:
  ///   - layer: The layer.
  ///   - activations: The result of `forward`; in float32, its gates are replaced by the gradients of their
  ///     pre-activations.
  ///   - workspace: Contains the gradient with respect to the layer's output; receives the gradient with respect to its
  ///     input, unless the layer reads tokens.
  public func backward(
    _ layer: PackedLayer, _ activations: LayerActivations, workspace: inout BackwardWorkspace
  ) {
    let (length, rows, width) = (activations.length, activations.rows, activations.width)
    require("dOutput", workspace.dOutput.count, atLeast: length * rows * width)
    require("workspace", workspace.dHidden.count, atLeast: rows * width)
    precondition(layer.packedRecurrent.backward.count > 0, "the layer is packed for inference only")
    let precision = activations.precision
    precondition(
      precision == .float32 || activations.bfloat16Gradients.count > 0,
      "the activations are allocated for inference only")
    withExtendedLifetime((layer, activations)) {
      var call = unsafe geul_backward()
      unsafe (call.length, call.rows, call.width) = (length, rows, width)
      unsafe call.relu = layer.activation == .relu ? 1 : 0
      unsafe call.recurrent_weights = layer.packedRecurrent.backward.pointer()
      unsafe call.d_output = UnsafePointer(workspace.dOutput.mutablePointer())
      if activations.float32State.count > 0 {
        unsafe call.state = UnsafePointer(activations.float32State.pointer)
      }
      unsafe call.gates = activations.gates.pointer
      if precision == .bfloat16 {
        unsafe call.d_gates = activations.bfloat16Gradients.mutablePointer()
      } else {
        unsafe call.d_gates = UnsafeMutableRawPointer(call.gates)
      }
      unsafe call.d_hidden = workspace.dHidden.mutablePointer()
      unsafe call.d_cell_state = workspace.dCellState.mutablePointer()
      if let packed = layer.packedInput {
        let inputs = padded(packed.slot.depth)
        require("dInput", workspace.dInput.count, atLeast: length * rows * inputs)
        unsafe call.inputs = inputs
        unsafe call.input_weights = packed.backward.pointer()
        unsafe call.d_input = workspace.dInput.mutablePointer()
      }
      unsafe backwardKernel(layer.cell, precision)(&call)
    }
  }
}

extension LayerActivations {
  /// The number of elements of the output.
  var outputCount: Int { dropped.count > 0 ? dropped.count : hidden.count - rows * width }

  /// The output: the hidden states without the initial one, after dropout if there is any.
  ///
  /// The pointer is valid while the activations are alive and unchanged.
  var outputPointer: UnsafeRawPointer {
    dropped.count > 0 ? unsafe dropped.pointer() : unsafe hidden.pointer(at: rows * width)
  }
}

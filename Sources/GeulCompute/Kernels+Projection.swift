internal import CGeulKernels

/// The scores of every unit of the vocabulary for `rows` places: panels over the rows.
public struct Logits: Sendable {
  /// How many rows there is room for.
  public let rows: Int
  /// How many units the vocabulary has.
  public let vocabulary: Int
  /// Panels over the rows in use; after `crossEntropy` in float32, the gradients.
  var values: Buffer<Float>
  /// The gradients in bfloat16.
  var narrowGradients: ElementBuffer?
  /// How many rows are in use.
  public internal(set) var used = 0

  /// Room for `rows` rows.
  public init(rows: Int, vocabulary: Int, precision: Precision, backward: Bool) {
    self.rows = rows
    self.vocabulary = vocabulary
    values = Buffer(zeros: rows * padded(vocabulary))
    narrowGradients =
      backward && precision == .bfloat16 ? ElementBuffer(zeros: values.count, precision) : nil
  }

  /// The loss's gradient with respect to the scores, after `crossEntropy`: panels over the rows in use.
  var gradients: ElementBuffer { narrowGradients ?? .float32(values) }

  /// Copies the scores of one row to `scores`, `[v]`.
  public func copy(row: Int, to scores: inout [Float]) {
    precondition(row < used, "row \(row) of \(used)")
    if scores.count != vocabulary { scores = Array(repeating: 0, count: vocabulary) }
    let width = padded(vocabulary)
    var unit = 0
    for panel in Panels(width: width) {
      let base = used * panel.start + row * panel.width
      for column in 0..<min(panel.width, vocabulary - unit) {
        scores[unit + column] = values[base + column]
      }
      unit += panel.width
    }
  }
}

/// The panels of units without gates: 64 columns each, and narrow ones of 16 for what is left over.
struct Panels: Sequence, IteratorProtocol {
  let width: Int
  private var next_ = 0

  init(width: Int) { self.width = width }

  mutating func next() -> (start: Int, width: Int)? {
    guard next_ < width else { return nil }
    let panel = (
      start: next_,
      width: width - next_ >= 4 * columnBlockWidth ? 4 * columnBlockWidth : columnBlockWidth
    )
    next_ += panel.width
    return panel
  }
}

extension Kernels {
  /// Computes the logits W_y h + b, `[r, v]`, for `rows` rows of `hidden` from `offset` on; `lanes` share a large matrix.
  public func project(
    _ weights: PackedMatrix, bias: ParameterSlot, in arena: ParameterStorage, hidden: ElementBuffer,
    offset: Int, rows: Int,
    into logits: inout Logits, pool: ThreadPool = ThreadPool(1)
  ) {
    let depth = padded(weights.slot.depth)
    precondition(rows <= logits.rows, "\(rows) rows, logits for \(logits.rows)")
    precondition(weights.slot.units == logits.vocabulary, "\(weights.slot.units) units")
    require("hidden", hidden.count - offset, atLeast: rows * depth)
    require("arena", arena.values.count, atLeast: bias.range.upperBound)
    logits.used = rows
    withExtendedLifetime((weights, arena, hidden)) {
      var call = unsafe geul_projection()
      unsafe (call.rows, call.depth, call.width) = (rows, depth, weights.slot.width)
      unsafe call.hidden = hidden.pointer(at: offset)
      unsafe call.weights = UnsafeRawPointer(weights.forward.pointer)
      unsafe call.bias = arena.values.pointer + bias.offset
      unsafe call.logits = logits.values.mutablePointer()
      let project = unsafe inferenceKernels(weights.precision).pointee.projection_forward
      let shared = unsafe Shared(call)
      pool.share(weights.slot.width, reading: weights.forward.count) { units in
        var call = unsafe shared.value
        unsafe (call.first_column, call.end_column) = (units.lowerBound, units.upperBound)
        unsafe project(&call)
      }
    }
  }

  /// Takes the gradient back through the matrix: dLogits W^T, `[r, h]`.
  public func projectBack(
    _ weights: PackedMatrix, logits: Logits, into dHidden: inout Buffer<Float>
  ) {
    guard let packed = weights.backward else {
      preconditionFailure("packed for the way forward alone")
    }
    let depth = padded(weights.slot.depth)
    require("dHidden", dHidden.count, atLeast: logits.used * depth)
    let gradients = logits.gradients
    withExtendedLifetime((packed, gradients)) {
      unsafe trainingKernels(weights.precision).pointee.projection_backward(
        dHidden.mutablePointer(), gradients.pointer(), logits.used, weights.slot.width,
        packed.pointer(), depth)
    }
  }

  /// Softmax and cross-entropy: the loss of each row, in nats.
  ///
  /// - Parameters:
  ///   - logits: the scores; replaced by their gradients.
  ///   - targets: the unit that came, `[r]`; -1 counts nothing.
  ///   - scale: what to multiply the gradient by; nil when no gradient is wanted.
  ///   - losses: filled with `[r]` nats.
  public func crossEntropy(
    _ logits: inout Logits, targets: Buffer<Int32>, scale: Float?, losses: inout Buffer<Double>
  ) {
    require("targets", targets.count, atLeast: logits.used)
    require("losses", losses.count, atLeast: logits.used)
    for row in 0..<logits.used {
      precondition(targets[row] < logits.vocabulary, "target \(targets[row])")
    }
    let precision = logits.narrowGradients?.precision ?? .float32
    let values = unsafe logits.values.mutablePointer()
    var gradients: UnsafeMutableRawPointer?
    if scale != nil {
      unsafe gradients =
        logits.narrowGradients?.mutablePointer() ?? UnsafeMutableRawPointer(values)
    }
    withExtendedLifetime(targets) {
      unsafe trainingKernels(precision).pointee.cross_entropy(
        losses.mutablePointer(), gradients, values, logits.used, logits.vocabulary,
        targets.pointer, scale ?? 0)
    }
  }
}

internal import CGeulKernels

/// The workspace to orthogonalize the update of one matrix; see `ComputeContext.muon`.
///
/// Contents are unspecified between calls.
public struct Orthogonalizer: Sendable {
  /// The matrix `[k, n]`, n being gates times padded units.
  public let slot: ParameterSlot

  /// Each `[s, s]`, padded, s being the shorter side: the Gram matrix, a polynomial of it, the product of all polynomials, and
  /// the next value of one of them.
  fileprivate var gram, polynomial, total, spare: Buffer<Float>

  /// Allocates the workspace of a matrix.
  public init(_ slot: ParameterSlot) {
    self.slot = slot
    let count = slot.gramCount
    (gram, polynomial) = (Buffer(zeros: count), Buffer(zeros: count))
    (total, spare) = (Buffer(zeros: count), Buffer(zeros: count))
  }

  /// The bytes of a workspace.
  public static func byteCount(_ slot: ParameterSlot) -> Int {
    4 * slot.gramCount * MemoryLayout<Float>.stride
  }

  fileprivate mutating func keepPolynomial() { swap(&total, &polynomial) }
  fileprivate mutating func keepSpare() { swap(&total, &spare) }
}

extension ParameterSlot {
  /// Indicates whether the matrix has more rows than columns.
  fileprivate var isTall: Bool { stride < depth }
  fileprivate var shorterSide: Int { min(stride, depth) }
  fileprivate var gramCount: Int { shorterSide * padded(shorterSide) }
}

/// The hyperparameters of Muon: momentum, orthogonalized.
///
/// Source: Jordan et al. 2024.
public struct Muon: Sendable, Equatable {
  /// The learning rate: the root mean square of a matrix's update is this divided by the square root of its depth.
  public var learningRate: Float
  /// The decay rate of the momentum.
  public var momentum: Float
  /// The decoupled weight decay.
  public var weightDecay: Float

  /// Creates hyperparameters.
  public init(learningRate: Float, momentum: Float = 0.95, weightDecay: Float = 0) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
  }
}

extension ComputeContext {
  /// The coefficients of a x + b x^3 + c x^5, by which each iteration maps a singular value x; together they map values from
  /// 0.003 to 1 to values from 0.80 to 1.21.
  ///
  /// Each is the polynomial that minimizes the error that those before it have left (Amsel et al. 2025, "The Polar
  /// Express").
  private static let coefficients: [(a: Float, b: Float, c: Float)] = [
    (8.38367, -24.7659, 18.3571), (4.04342, -3.01140, 0.569512),
    (3.50557, -2.62665, 0.525719), (2.49012, -1.83428, 0.436835),
  ]

  /// Updates matrices by Muon, so that each direction of a matrix changes as much as any other.
  ///
  /// For a matrix `[k, n]`:
  ///
  ///     m = mu m + (1 - mu) g;  u = mu m + (1 - mu) g;  W -= rate sqrt(n / k) U V^T, where u = U S V^T
  ///
  /// - Parameters:
  ///   - settings: the hyperparameters.
  ///   - gradientScale: the factor of the gradients: the effect of clipping.
  ///   - workspaces: one for each matrix to update.
  ///   - parameters: the parameters.
  ///   - gradients: the gradients of the loss; those of the matrices are replaced by u.
  ///   - firstMoment: the momentum m.
  public func muon(
    _ settings: Muon, gradientScale: Float, workspaces: inout [Orthogonalizer],
    parameters: inout ParameterStorage, gradients: inout ParameterStorage,
    firstMoment: inout ParameterStorage
  ) {
    let (keep, take) = (settings.momentum, (1 - settings.momentum) * gradientScale)
    for slot in workspaces.map(\.slot) {
      axpby(take, gradients.values, at: slot.offset, keep, &firstMoment.values, at: slot.range)
      axpby(keep, firstMoment.values, at: slot.offset, take, &gradients.values, at: slot.range)
    }
    let inverseNorms = orthogonalize(gradients, &workspaces)
    let decay = 1 - settings.learningRate * settings.weightDecay
    let (values, u) = unsafe (parameters.values.mutablePointer(), gradients.values.pointer)
    unsafe multiply(&workspaces) { workspace, index in
      let slot = workspace.slot
      let shape = (Double(slot.gates * slot.units) / Double(slot.depth)).squareRoot()
      var call = unsafe geul_gemm(
        slot, workspace.total.pointer, workspace.total, into: &workspace.spare)
      if slot.isTall {
        unsafe (call.a, call.a_stride, call.rows) = (u + slot.offset, slot.stride, slot.depth)
      } else {
        unsafe (call.b, call.b_stride, call.columns) = (u + slot.offset, slot.stride, slot.stride)
      }
      unsafe (call.out, call.out_stride, call.symmetric) = (values + slot.offset, slot.stride, 0)
      unsafe (call.c, call.beta) = (UnsafePointer(call.out), decay)
      unsafe call.alpha =
        -settings.learningRate * Float(max(1, shape)) * inverseNorms[index]
      return unsafe call
    }
  }

  /// Computes, in `total`, the matrix that maps each X, a matrix of `storage`, to about U V^T, where X = U S V^T, by Newton
  /// and Schulz' iteration.
  ///
  /// The iteration multiplies X from the left by polynomials of X X^T, which commute: so it runs on X X^T alone, `[k, k]` and
  /// symmetric, and X is multiplied once, at the end. For `[k, 4 k]` that is half the work. Where n is less than k, as in the
  /// projection to a small vocabulary, it runs on X^T X and multiplies X from the right.
  ///
  /// - Returns: The inverse of each X's Frobenius norm, which makes its largest singular value at most 1.
  private func orthogonalize(
    _ storage: ParameterStorage, _ workspaces: inout [Orthogonalizer]
  ) -> [Float] {
    let inverseNorms = workspaces.map { workspace in
      let norm = norm(storage.values, workspace.slot.range)
      return norm > 0 ? Float(1 / norm) : 0
    }
    unsafe multiply(&workspaces) { workspace, index in
      let slot = workspace.slot
      let x = unsafe storage.values.pointer + slot.offset
      var call = unsafe geul_gemm(slot, x, workspace.gram, into: &workspace.gram)
      unsafe (call.b, call.a_stride, call.b_stride) = (x, slot.stride, slot.stride)
      if slot.isTall {
        unsafe (call.depth, call.transpose_a) = (slot.depth, 1)
      } else {
        unsafe (call.depth, call.transpose_b) = (slot.stride, 1)
      }
      unsafe call.alpha = inverseNorms[index] * inverseNorms[index]
      return unsafe call
    }
    for (iteration, factors) in Self.coefficients.enumerated() {
      // P = a + b A + c A A;  Q = P Q, from Q = 1;  A = P A P, which is the Gram matrix of P X.
      unsafe multiply(&workspaces) { workspace, _ in
        var call = unsafe geul_gemm(
          workspace.slot, workspace.gram.pointer, workspace.gram, into: &workspace.polynomial)
        unsafe (call.alpha, call.beta, call.diagonal) = (factors.c, factors.b, factors.a)
        unsafe call.c = workspace.gram.pointer
        return unsafe call
      }
      if iteration < Self.coefficients.count - 1 {
        unsafe multiply(&workspaces) { workspace, _ in
          unsafe geul_gemm(
            workspace.slot, workspace.polynomial.pointer, workspace.gram, into: &workspace.spare)
        }
        unsafe multiply(&workspaces) { workspace, _ in
          unsafe geul_gemm(
            workspace.slot, workspace.spare.pointer, workspace.polynomial, into: &workspace.gram)
        }
      }
      guard iteration > 0 else {
        for index in workspaces.indices { workspaces[index].keepPolynomial() }
        continue
      }
      unsafe multiply(&workspaces) { workspace, _ in
        unsafe geul_gemm(
          workspace.slot, workspace.polynomial.pointer, workspace.total, into: &workspace.spare)
      }
      for index in workspaces.indices { workspaces[index].keepSpare() }
    }
    return inverseNorms
  }

  /// Computes one product for each workspace; a job is one panel of columns.
  private func multiply(
    _ workspaces: inout [Orthogonalizer], _ product: (inout Orthogonalizer, Int) -> geul_gemm
  ) {
    var jobs: [Shared<geul_gemm>] = unsafe []
    for index in workspaces.indices {
      let whole = unsafe product(&workspaces[index], index)
      // The panels to the right have the most rows: they come first, so that threads finish together.
      for panel in Array(Panels(width: padded(unsafe whole.columns))).reversed() {
        var call = unsafe whole
        unsafe call.first_column = panel.start
        unsafe jobs.append(Shared(call))
      }
    }
    let calls = unsafe jobs
    let gemm = unsafe kernels.functions.gemm
    unsafe pool.run(calls.count) { job in
      var call = unsafe calls[job].value
      var panel = Buffer<Float>(zeros: padded(unsafe call.depth) * 4 * columnBlockWidth)
      unsafe call.packed_b = panel.mutablePointer()
      unsafe gemm(&call)
    }
  }
}

extension geul_gemm {
  /// The product, symmetric, of two symmetric `[s, s]` that commute, into `out`; s is the shorter side of a matrix.
  fileprivate init(
    _ slot: ParameterSlot, _ a: UnsafePointer<Float>, _ b: Buffer<Float>,
    into out: inout Buffer<Float>
  ) {
    let side = slot.shorterSide
    unsafe self.init()
    unsafe (rows, depth, columns, alpha, symmetric) = (side, side, side, 1, 1)
    unsafe (self.a, a_stride) = (a, padded(side))
    unsafe (self.b, b_stride) = (b.pointer, padded(side))
    unsafe (self.out, out_stride) = (out.mutablePointer(), padded(side))
  }
}

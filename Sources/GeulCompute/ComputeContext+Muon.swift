internal import CGeulKernels

/// The workspace for orthogonalizing the update of one matrix; see `ComputeContext.muon`.
///
/// Contents are unspecified between calls.
public struct Orthogonalizer: Sendable {
  /// The matrix, `[k, n]`, where n is the number of gates times the padded number of units.
  public let slot: ParameterSlot

  /// The Gram matrix, a polynomial of it, the product of all polynomials so far, and the next values of the Gram matrix
  /// and of the product.
  ///
  /// Each is `[s, s]` with padded rows, where s is the shorter side of the matrix.
  fileprivate var gram, polynomial, product, nextGram, nextProduct: Buffer<Float>
  /// The preconditioner in bfloat16; empty in float32.
  fileprivate var bfloat16Preconditioner: Buffer<UInt16>

  /// The precision of the product of preconditioner and momentum.
  fileprivate var productPrecision: Precision {
    bfloat16Preconditioner.count > 0 ? .bfloat16 : .float32
  }

  /// Allocates the workspace of a matrix.
  ///
  /// - Parameters:
  ///   - slot: The matrix.
  ///   - precision: The precision of training. With bfloat16, the product of preconditioner and momentum is computed in
  ///     bfloat16 if the matrix has at least as many columns as rows. The preconditioner itself is always computed in
  ///     float32, because a Gram matrix squares the rounding errors.
  public init(_ slot: ParameterSlot, precision: Precision = .float32) {
    self.slot = slot
    let isRounded = precision == .bfloat16 && !slot.isTall
    bfloat16Preconditioner = Buffer(zeros: isRounded ? slot.gramCount : 0)
    let count = slot.gramCount
    gram = Buffer(zeros: count)
    polynomial = Buffer(zeros: count)
    product = Buffer(zeros: count)
    nextGram = Buffer(zeros: count)
    nextProduct = Buffer(zeros: count)
  }

  /// Returns the size of the workspace of a matrix in bytes.
  public static func byteCount(_ slot: ParameterSlot, precision: Precision = .float32) -> Int {
    let floats = 5 * slot.gramCount * MemoryLayout<Float>.stride
    return precision == .bfloat16 ? floats + slot.gramCount * precision.elementBytes : floats
  }

  /// Returns the number of multiply-adds of one update of a matrix.
  public static func work(on slot: ParameterSlot) -> Double {
    let (side, longer) = (Double(slot.shorterSide), Double(max(slot.stride, slot.depth)))
    // Half of each symmetric product is computed: the Gram matrix, and 13 products of the iteration. Then one product of
    // both sides.
    return side * side * (1.5 * longer + 6.5 * side)
  }

  fileprivate mutating func swapProductAndPolynomial() { swap(&product, &polynomial) }
  fileprivate mutating func advanceProduct() { swap(&product, &nextProduct) }
}

extension ParameterSlot {
  /// Indicates whether the matrix has more rows than columns.
  fileprivate var isTall: Bool { stride < depth }
  fileprivate var shorterSide: Int { min(stride, depth) }
  fileprivate var gramCount: Int { shorterSide * padded(shorterSide) }
}

/// The hyperparameters of Muon, which updates a matrix by its orthogonalized momentum.
///
/// Source: Jordan et al. 2024.
public struct Muon: Sendable, Equatable {
  /// The learning rate; the update of a matrix `[k, n]` has a root mean square of about `learningRate / sqrt(k)`.
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
  /// The coefficients of the polynomial a x + b x^3 + c x^5 that each iteration applies to the singular values x.
  ///
  /// Together they map [0.003, 1] into [0.80, 1.21]. Each polynomial minimizes the maximum error of its composition
  /// with the previous ones (Amsel et al. 2025, "The Polar Express").
  private static let coefficients: [(a: Float, b: Float, c: Float)] = [
    (8.38367, -24.7659, 18.3571), (4.04342, -3.01140, 0.569512),
    (3.50557, -2.62665, 0.525719), (2.49012, -1.83428, 0.436835),
  ]

  /// Updates matrices with Muon: the singular values of an update are all about equal.
  ///
  /// For a matrix `[k, n]` with gradient g, Nesterov momentum mu and the singular value decomposition u = U S V^T:
  ///
  ///     m = mu m + (1 - mu) g
  ///     u = mu m + (1 - mu) g
  ///     W = (1 - learningRate weightDecay) W - learningRate max(1, sqrt(n / k)) U V^T
  ///
  /// U V^T is approximately Q u / |u|, where the preconditioner Q takes most of the time. The momentum changes slowly, so
  /// the Q of an earlier step may be used: with a new one every second step, the loss is the same.
  ///
  /// - Parameters:
  ///   - hyperparameters: The hyperparameters.
  ///   - gradientScale: The factor that the gradients are multiplied by, for gradient clipping.
  ///   - workspaces: One for each matrix to update.
  ///   - parameters: The parameters.
  ///   - gradients: The gradients of the loss; those of the matrices are replaced by u.
  ///   - firstMoment: The momentum m.
  ///   - preconditioners: The preconditioner Q of each matrix, `[s, s padded]`, at the matrix's offset; zeros before the
  ///     first one.
  ///   - renewsPreconditioners: Indicates whether new preconditioners are computed; they always are if there are none.
  public func muon(
    _ hyperparameters: Muon, gradientScale: Float, workspaces: inout [Orthogonalizer],
    parameters: inout ParameterStorage, gradients: inout ParameterStorage,
    firstMoment: inout ParameterStorage, preconditioners: inout ParameterStorage,
    renewsPreconditioners: Bool
  ) {
    let momentum = hyperparameters.momentum
    let scale = (1 - momentum) * gradientScale
    let inverseNorms = workspaces.map { workspace in
      let norm = addMomentum(
        momentum, scale, &firstMoment.values, &gradients.values, workspace.slot.range)
      return norm > 0 ? Float(1 / norm) : 0
    }
    // A preconditioner is positive definite.
    let isMissing = workspaces.contains { preconditioners.values[$0.slot.offset] == 0 }
    if renewsPreconditioners || isMissing {
      orthogonalize(gradients, inverseNorms, &workspaces)
      for workspace in workspaces {
        preconditioners.values.copy(
          workspace.product, 0..<workspace.product.count, to: workspace.slot.offset)
      }
    }
    let decay = 1 - hyperparameters.learningRate * hyperparameters.weightDecay
    let (values, u) = unsafe (parameters.values.mutablePointer(), gradients.values.pointer)
    let q = unsafe preconditioners.values.pointer
    unsafe multiply(&workspaces, in: \.productPrecision) { workspace, index in
      let slot = workspace.slot
      let shape = (Double(slot.gates * slot.units) / Double(slot.depth)).squareRoot()
      var call = unsafe geul_gemm(
        slot, q + slot.offset, workspace.product, into: &workspace.nextProduct)
      if workspace.productPrecision == .bfloat16 {
        let rounded = unsafe workspace.bfloat16Preconditioner.mutablePointer()
        unsafe kernels.training(.bfloat16).to_elements(rounded, q + slot.offset, slot.gramCount)
        unsafe call.a = UnsafeRawPointer(rounded)
      }
      if slot.isTall {
        unsafe call.a = UnsafeRawPointer(u + slot.offset)
        unsafe (call.a_stride, call.rows) = (slot.stride, slot.depth)
        unsafe call.b = q + slot.offset
      } else {
        unsafe (call.b, call.b_stride, call.columns) = (u + slot.offset, slot.stride, slot.stride)
      }
      unsafe (call.out, call.out_stride, call.symmetric) = (values + slot.offset, slot.stride, 0)
      unsafe (call.c, call.beta) = (UnsafePointer(call.out), decay)
      unsafe call.alpha =
        -hyperparameters.learningRate * Float(max(1, shape)) * inverseNorms[index]
      return unsafe [call]
    }
  }

  /// Computes, by a Newton-Schulz iteration, the matrix Q such that Q X is about U V^T, for each matrix X = U S V^T of
  /// `storage`; Q is stored in the `product` of its workspace.
  ///
  /// The iteration multiplies X from the left by polynomials of X X^T. These commute, so it is computed on the
  /// symmetric matrix X X^T, `[k, k]`, and X is multiplied only once, by the caller. For `[k, 4 k]` this halves the
  /// work. If n < k, as in the projection to a small vocabulary, the iteration uses X^T X, and X Q is about U V^T.
  ///
  /// - Parameters:
  ///   - storage: Contains the matrices X.
  ///   - inverseNorms: The inverse of each X's Frobenius norm; X is scaled by it, so that its singular values are at most 1.
  ///   - workspaces: One for each matrix.
  private func orthogonalize(
    _ storage: ParameterStorage, _ inverseNorms: [Float], _ workspaces: inout [Orthogonalizer]
  ) {
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
      return unsafe [call]
    }
    for (iteration, factors) in Self.coefficients.enumerated() {
      // P = a I + b A + c A A;  Q = P Q, starting from Q = I;  A = P A P, which is the Gram matrix of P X.
      unsafe multiply(&workspaces) { workspace, _ in
        var call = unsafe geul_gemm(
          workspace.slot, workspace.gram.pointer, workspace.gram, into: &workspace.polynomial)
        unsafe (call.alpha, call.beta, call.diagonal) = (factors.c, factors.b, factors.a)
        unsafe call.c = workspace.gram.pointer
        return unsafe [call]
      }
      let isFirst = iteration == 0
      let isLast = iteration == Self.coefficients.count - 1
      unsafe multiply(&workspaces) { workspace, _ in
        let polynomial = unsafe workspace.polynomial.pointer
        var calls: [geul_gemm] = unsafe []
        if !isLast {
          let call = unsafe geul_gemm(
            workspace.slot, polynomial, workspace.gram, into: &workspace.nextGram)
          unsafe calls.append(call)
        }
        if !isFirst {
          let call = unsafe geul_gemm(
            workspace.slot, polynomial, workspace.product, into: &workspace.nextProduct)
          unsafe calls.append(call)
        }
        return unsafe calls
      }
      if !isLast {
        unsafe multiply(&workspaces) { workspace, _ in
          let call = unsafe geul_gemm(
            workspace.slot, workspace.nextGram.pointer, workspace.polynomial, into: &workspace.gram)
          return unsafe [call]
        }
      }
      for index in workspaces.indices {
        if isFirst {
          workspaces[index].swapProductAndPolynomial()
        } else {
          workspaces[index].advanceProduct()
        }
      }
    }
  }

  /// Computes matrix products for each workspace, whose arguments `makeCalls` returns; a job is one panel of columns.
  private func multiply(
    _ workspaces: inout [Orthogonalizer],
    in precision: (Orthogonalizer) -> Precision = { _ in .float32 },
    _ makeCalls: (inout Orthogonalizer, Int) -> [geul_gemm]
  ) {
    var jobs: [(arguments: SendableArguments<geul_gemm>, precision: Precision)] = unsafe []
    var depth = 0
    for index in workspaces.indices {
      let precision = precision(workspaces[index])
      unsafe makeCalls(&workspaces[index], index).forEach { whole in
        depth = max(depth, padded(unsafe whole.depth))
        // In a symmetric product, the last panels have the most rows. They come first, so that threads finish together.
        for panel in Array(Panels(width: padded(unsafe whole.columns))).reversed() {
          var call = unsafe whole
          unsafe call.first_column = panel.start
          unsafe jobs.append((SendableArguments(call), precision))
        }
      }
    }
    var panels = (0..<pool.count).map { _ in
      Buffer<Float>(zeros: depth * 4 * columnBlockWidth)
    }
    unsafe pool.forEach(jobs, with: &panels) { job, panel in
      var call = unsafe job.arguments.value
      unsafe call.packed_b = UnsafeMutableRawPointer(panel.mutablePointer())
      unsafe kernels.training(job.precision).gemm(&call)
    }
  }
}

extension geul_gemm {
  /// Creates the arguments of the product of two symmetric matrices `[s, s]` that commute, which is symmetric too; s is
  /// the shorter side of the matrix at `slot`.
  fileprivate init(
    _ slot: ParameterSlot, _ a: UnsafePointer<Float>, _ b: Buffer<Float>,
    into out: inout Buffer<Float>
  ) {
    let side = slot.shorterSide
    unsafe self.init()
    unsafe (rows, depth, columns, alpha, symmetric) = (side, side, side, 1, 1)
    unsafe (self.a, a_stride) = (UnsafeRawPointer(a), padded(side))
    unsafe (self.b, b_stride) = (b.pointer, padded(side))
    unsafe (self.out, out_stride) = (out.mutablePointer(), padded(side))
  }
}

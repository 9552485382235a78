internal import CGeulKernels

/// Room to orthogonalise the update of one matrix; see `Kernels.muon`.
public struct Orthogonalizer: Sendable {
  /// The matrix: `[k, n]`, n being gates and padded units.
  public let slot: ParameterSlot

  /// `[s, s]`, padded, s being the shorter side: the Gram matrix, a polynomial of it, the product of all polynomials, and
  /// what comes next.
  fileprivate var gram, polynomial, total, spare: Buffer<Float>

  /// Room for the matrix of `slot`.
  public init(_ slot: ParameterSlot) {
    self.slot = slot
    let count = slot.gramCount
    (gram, polynomial) = (Buffer(zeros: count), Buffer(zeros: count))
    (total, spare) = (Buffer(zeros: count), Buffer(zeros: count))
  }

  /// How many bytes it takes.
  public static func byteCount(_ slot: ParameterSlot) -> Int {
    4 * slot.gramCount * MemoryLayout<Float>.stride
  }

  fileprivate mutating func keepPolynomial() { swap(&total, &polynomial) }
  fileprivate mutating func keepSpare() { swap(&total, &spare) }
}

extension ParameterSlot {
  /// Whether a row is shorter than the depth.
  fileprivate var isDeep: Bool { stride < depth }
  fileprivate var shorterSide: Int { min(stride, depth) }
  fileprivate var gramCount: Int { shorterSide * padded(shorterSide) }
}

/// One step of Muon, of Jordan and others (2024): momentum whose matrices are orthogonalised.
public struct Muon: Sendable, Equatable {
  /// The root of the mean square of a matrix' change is this by the root of its depth.
  public var learningRate: Float
  /// How much of the gradient's running mean is kept.
  public var momentum: Float
  /// The share of the learning rate by which matrices shrink in a step.
  public var weightDecay: Float

  /// A step with the given settings.
  public init(learningRate: Float, momentum: Float = 0.95, weightDecay: Float = 0) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
  }
}

extension Kernels {
  /// Each round takes a singular value x to a x + b x^3 + c x^5; all together take those from 0.003 to 1 to between 0.80 and
  /// 1.20.
  ///
  /// Of all such polynomials each is the one that leaves the least error of what those before have left (Amsel and others
  /// 2025, "The Polar Express").
  private static let rounds: [(a: Float, b: Float, c: Float)] = [
    (8.38367, -24.7659, 18.3571), (4.04342, -3.01140, 0.569512),
    (3.50557, -2.62665, 0.525719), (2.49012, -1.83428, 0.436835),
  ]

  /// Moves the matrices of `works` by Muon's rule.
  ///
  ///     m = mu m + (1 - mu) g;  u = mu m + (1 - mu) g;  W -= rate sqrt(n / k) U V^T, where u = U S V^T
  ///
  /// so that each direction of a matrix `[k, n]` changes as much as any other.
  ///
  /// - Parameters:
  ///   - settings: the step's rates.
  ///   - scale: what to multiply the gradients by: what clipping leaves of them.
  ///   - works: the matrices, and room for each.
  ///   - parameters: what is moved.
  ///   - gradients: the loss's gradient; the matrices' is replaced by u.
  ///   - first: the running mean of gradients.
  ///   - lanes: the threads.
  public func muon(
    _ settings: Muon, scale: Float, works: inout [Orthogonalizer],
    parameters: inout ParameterStorage,
    gradients: inout ParameterStorage, first: inout ParameterStorage, pool: ThreadPool
  ) {
    let (keep, take) = (settings.momentum, (1 - settings.momentum) * scale)
    for slot in works.map(\.slot) {
      blend(
        &first.values, at: slot.range, with: gradients.values, at: slot.offset, keep: keep,
        take: take, pool: pool)
      blend(
        &gradients.values, at: slot.range, with: first.values, at: slot.offset, keep: take,
        take: keep, pool: pool)
    }
    let inverses = orthogonalize(gradients, &works, pool)
    let stays = 1 - settings.learningRate * settings.weightDecay
    let (values, u) = unsafe (parameters.values.mutablePointer(), gradients.values.pointer)
    unsafe multiply(&works, pool) { work, index in
      let slot = work.slot
      let shape = (Double(slot.gates * slot.units) / Double(slot.depth)).squareRoot()
      var call = unsafe geul_gemm(slot, work.total.pointer, work.total, into: &work.spare)
      if slot.isDeep {
        unsafe (call.a, call.a_stride, call.rows) = (u + slot.offset, slot.stride, slot.depth)
      } else {
        unsafe (call.b, call.b_stride, call.columns) = (u + slot.offset, slot.stride, slot.stride)
      }
      unsafe (call.out, call.out_stride, call.symmetric) = (values + slot.offset, slot.stride, 0)
      unsafe (call.c, call.beta) = (UnsafePointer(call.out), stays)
      unsafe call.alpha =
        -settings.learningRate * Float(max(1, shape)) * inverses[index]
      return unsafe call
    }
  }

  /// Leaves in `total` what takes each X, a matrix of `arena`, to about U V^T, where X = U S V^T, by Newton's and Schulz'
  /// iteration.
  ///
  /// All that the iteration does to X is to multiply it from the left by polynomials of X X^T, which commute: so it runs
  /// on X X^T alone, `[k, k]` and symmetric, and X is multiplied once, at the end. For `[k, 4 k]` that is half the work. Where
  /// n is less than k, as in the projection to a small vocabulary, it is X^T X, and multiplies X from the right.
  ///
  /// - Returns: what to multiply each X by beside: it makes its largest singular value at most 1.
  private func orthogonalize(
    _ arena: ParameterStorage, _ works: inout [Orthogonalizer], _ pool: ThreadPool
  ) -> [Float] {
    let inverses = works.map { work in
      let norm = norm(arena.values, work.slot.range, pool: pool)
      return norm > 0 ? Float(1 / norm) : 0
    }
    unsafe multiply(&works, pool) { work, index in
      let slot = work.slot
      let x = unsafe arena.values.pointer + slot.offset
      var call = unsafe geul_gemm(slot, x, work.gram, into: &work.gram)
      unsafe (call.b, call.a_stride, call.b_stride) = (x, slot.stride, slot.stride)
      if slot.isDeep {
        unsafe (call.depth, call.transpose_a) = (slot.depth, 1)
      } else {
        unsafe (call.depth, call.transpose_b) = (slot.stride, 1)
      }
      unsafe call.alpha = inverses[index] * inverses[index]
      return unsafe call
    }
    for (round, factors) in Self.rounds.enumerated() {
      // P = a + b A + c A A;  Q = P Q, from Q = 1;  A = P A P, which is the Gram matrix of P X.
      unsafe multiply(&works, pool) { work, _ in
        var call = unsafe geul_gemm(
          work.slot, work.gram.pointer, work.gram, into: &work.polynomial)
        unsafe (call.alpha, call.beta, call.diagonal) = (factors.c, factors.b, factors.a)
        unsafe call.c = work.gram.pointer
        return unsafe call
      }
      if round < Self.rounds.count - 1 {
        unsafe multiply(&works, pool) { work, _ in
          unsafe geul_gemm(work.slot, work.polynomial.pointer, work.gram, into: &work.spare)
        }
        unsafe multiply(&works, pool) { work, _ in
          unsafe geul_gemm(work.slot, work.spare.pointer, work.polynomial, into: &work.gram)
        }
      }
      guard round > 0 else {
        for index in works.indices { works[index].keepPolynomial() }
        continue
      }
      unsafe multiply(&works, pool) { work, _ in
        unsafe geul_gemm(work.slot, work.polynomial.pointer, work.total, into: &work.spare)
      }
      for index in works.indices { works[index].keepSpare() }
    }
    return inverses
  }

  /// Does one product for each of `works`; a lane takes one panel of columns at a time.
  private func multiply(
    _ works: inout [Orthogonalizer], _ pool: ThreadPool,
    _ product: (inout Orthogonalizer, Int) -> geul_gemm
  ) {
    var jobs: [Shared<geul_gemm>] = unsafe []
    for index in works.indices {
      let whole = unsafe product(&works[index], index)
      // The panels to the right have the most rows: they come first, so that no lane is left with one at the end.
      for panel in Array(Panels(width: padded(unsafe whole.columns))).reversed() {
        var call = unsafe whole
        unsafe call.first_column = panel.start
        unsafe jobs.append(Shared(call))
      }
    }
    let calls = unsafe jobs
    let gemm = unsafe functions.gemm
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

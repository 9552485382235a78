internal import CGeulKernels

/// Room to orthogonalise the update of one matrix; see `Kernels.orthogonalize`.
public struct Orthogonalizer: Sendable {
  /// The matrix, `[depth, columns]`, `columns` being gates and padded units.
  public let slot: Slot

  /// `[depth, columns]`: what is to be orthogonalised.
  var matrix: Buffer<Float>
  /// `[depth, columns]`: what comes of it.
  var result: Buffer<Float>
  /// `[depth, depth]`, padded: matrix times its transpose, and what the iteration keeps beside it.
  var gram: Buffer<Float>
  var polynomial: Buffer<Float>
  var total: Buffer<Float>
  var spare: Buffer<Float>
  /// The panels that products read, one behind the other.
  var panels: Buffer<Float>

  /// Room for the matrix of `slot`.
  public init(_ slot: Slot) {
    self.slot = slot
    let (depth, square) = (padded(slot.depth), slot.depth * padded(slot.depth))
    (matrix, result) = (Buffer(zeros: slot.count), Buffer(zeros: slot.count))
    (gram, polynomial) = (Buffer(zeros: square), Buffer(zeros: square))
    (total, spare) = (Buffer(zeros: square), Buffer(zeros: square))
    // A panel has all of the sum's depth: the columns' for the Gram matrix, the rows' for the rest.
    panels = Buffer(zeros: depth * max(depth, padded(slot.stride)))
  }
}

/// One step of Muon: momentum whose matrices are orthogonalised (Jordan et al. 2024).
public struct MuonStep: Sendable, Equatable {
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
  /// The polynomial of Jordan et al. 2024: a x + b x^3 + c x^5 takes singular values from 0...1 to about 1 in five rounds.
  private static let (a, b, c): (Float, Float, Float) = (3.4445, -4.7750, 2.0315)
  private static let rounds = 5

  /// Moves the matrices of `works` by Muon's rule:
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
  ///   - gradients: the loss's gradient.
  ///   - first: the running mean of gradients.
  ///   - lanes: the threads.
  public func muon(
    _ settings: MuonStep, scale: Float, works: inout [Orthogonalizer], parameters: inout Arena,
    gradients: Arena, first: inout Arena, lanes: Lanes
  ) {
    let keep = settings.momentum
    for index in works.indices {
      let slot = works[index].slot
      let all = 0..<slot.count
      blend(
        &first.values, at: slot.range, with: gradients.values, at: slot.offset, keep: keep,
        take: (1 - keep) * scale, lanes: lanes)
      blend(
        &works[index].matrix, at: all, with: gradients.values, at: slot.offset, keep: 0,
        take: (1 - keep) * scale, lanes: lanes)
      blend(
        &works[index].matrix, at: all, with: first.values, at: slot.offset, keep: 1, take: keep,
        lanes: lanes)
    }
    orthogonalize(&works, lanes: lanes)
    for work in works {
      let slot = work.slot
      let shape = (Double(slot.gates * slot.units) / Double(slot.depth)).squareRoot()
      blend(
        &parameters.values, at: slot.range, with: work.result, at: 0,
        keep: 1 - settings.learningRate * settings.weightDecay,
        take: -settings.learningRate * Float(max(1, shape)), lanes: lanes)
    }
  }

  /// Fills `result` of each with about U V^T, where U S V^T is its matrix: Newton's and Schulz' iteration.
  ///
  /// All that the iteration does to X is to multiply it from the left by polynomials of X X^T, which commute: so it runs
  /// on X X^T alone, `[k, k]` and symmetric, and X is multiplied once, at the end. For `[k, 4 k]` that is half the work.
  func orthogonalize(_ works: inout [Orthogonalizer], lanes: Lanes) {
    // Divided by the root of the sum of its squares, X has no singular value above 1.
    let inverses = works.map { work in
      let norm = norm(work.matrix, lanes: lanes)
      return norm > 0 ? Float(1 / norm) : 0
    }
    unsafe multiply(&works, lanes) { work, index in
      var call = unsafe geul_dense(work.slot.stride, work.matrix, work.matrix, into: &work.gram)
      unsafe (call.rows, call.columns) = (work.slot.depth, work.slot.depth)
      unsafe (call.out_stride, call.transposes) = (padded(work.slot.depth), 1)
      unsafe (call.is_symmetric, call.by_product) = (1, inverses[index] * inverses[index])
      return unsafe call
    }
    for round in 0..<Self.rounds {
      // P = a + b A + c A A;  Q = P Q, from Q = 1;  A = P A P, which is the Gram matrix of P X.
      unsafe multiply(&works, lanes) { work, _ in
        var call = unsafe geul_dense(work.slot, work.gram, work.gram, into: &work.polynomial)
        unsafe (call.by_product, call.by_addend, call.diagonal) = (Self.c, Self.b, Self.a)
        unsafe call.addend = work.gram.pointer
        return unsafe call
      }
      if round < Self.rounds - 1 {
        unsafe multiply(&works, lanes) { work, _ in
          unsafe geul_dense(work.slot, work.polynomial, work.gram, into: &work.spare)
        }
        unsafe multiply(&works, lanes) { work, _ in
          unsafe geul_dense(work.slot, work.spare, work.polynomial, into: &work.gram)
        }
      }
      guard round > 0 else {
        for index in works.indices { works[index].keepPolynomial() }
        continue
      }
      unsafe multiply(&works, lanes) { work, _ in
        unsafe geul_dense(work.slot, work.polynomial, work.total, into: &work.spare)
      }
      for index in works.indices { works[index].keepSpare() }
    }
    unsafe multiply(&works, lanes) { work, index in
      var call = unsafe geul_dense(work.slot.stride, work.total, work.matrix, into: &work.result)
      unsafe (call.rows, call.depth) = (work.slot.depth, work.slot.depth)
      unsafe (call.a_stride, call.by_product) = (padded(work.slot.depth), inverses[index])
      return unsafe call
    }
  }

  /// Does one product for each of `works`; a lane takes one panel of columns at a time.
  private func multiply(
    _ works: inout [Orthogonalizer], _ lanes: Lanes,
    _ product: (inout Orthogonalizer, Int) -> geul_dense
  ) {
    var jobs: [Shared<geul_dense>] = unsafe []
    for index in works.indices {
      let whole = unsafe product(&works[index], index)
      let panels = unsafe works[index].panels.mutablePointer()
      for panel in Panels(width: padded(unsafe whole.columns)) {
        var call = unsafe whole
        unsafe call.column = panel.start
        unsafe call.panel = panels + padded(whole.depth) * panel.start
        unsafe jobs.append(Shared(call))
      }
    }
    let calls = unsafe jobs
    let dense = unsafe functions.dense
    withExtendedLifetime(works) {
      unsafe lanes.run(calls.count) { job in
        var call = unsafe calls[job].value
        unsafe dense(&call)
      }
    }
  }
}

extension Orthogonalizer {
  fileprivate mutating func keepPolynomial() { swap(&total, &polynomial) }
  fileprivate mutating func keepSpare() { swap(&total, &spare) }
}

extension geul_dense {
  /// The product, into `out`, of plain matrices with rows of `width`, padded.
  fileprivate init(
    _ width: Int, _ a: Buffer<Float>, _ b: Buffer<Float>, into out: inout Buffer<Float>
  ) {
    unsafe self.init()
    unsafe (rows, depth, columns, by_product) = (width, width, width, 1)
    unsafe (self.a, a_stride) = (a.pointer, padded(width))
    unsafe (self.b, b_stride) = (b.pointer, padded(width))
    unsafe (self.out, out_stride) = (out.mutablePointer(), padded(width))
  }

  /// The product, symmetric, of two symmetric `[k, k]` that commute, for the matrix of `slot`.
  fileprivate init(
    _ slot: Slot, _ a: Buffer<Float>, _ b: Buffer<Float>, into out: inout Buffer<Float>
  ) {
    unsafe self.init(slot.depth, a, b, into: &out)
    unsafe is_symmetric = 1
  }
}

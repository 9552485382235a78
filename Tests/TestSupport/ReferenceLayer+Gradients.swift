#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The backward pass of one step: the chain rule on the formulas of `ReferenceLayer.step`; tests
/// compare it with finite differences.
extension ReferenceLayer {
  /// Propagates the loss's gradient with respect to `step.after` back through the step.
  ///
  /// - Parameters:
  ///   - step: the step.
  ///   - d: the gradient with respect to `step.after`.
  ///   - gradient: a layer of the same shape, to whose parameters their gradients are added.
  /// - Returns: The gradients with respect to the input and to `step.before`.
  public func back(
    _ step: Step, _ d: State, into gradient: inout ReferenceLayer
  ) -> (input: [Double], before: State) {
    var before = zeroState
    var (da, db) = (gradient.bx.map { _ in 0.0 }, gradient.bx.map { _ in 0.0 })
    for u in 0..<hidden {
      func sum(_ gate: Int) -> Double {
        step.fromInput[gate * hidden + u] + step.fromState[gate * hidden + u]
      }
      func set(_ gate: Int, _ gradient: Double, ofState factor: Double = 1) {
        da[gate * hidden + u] = gradient
        db[gate * hidden + u] = gradient * factor
      }
      let dh = d.h[u]
      switch cell {
      case .rnn:
        let h = step.after.h[u]
        set(0, dh * (isReLU ? (h > 0 ? 1 : 0) : 1 - h * h))
      case .lstm:
        let (i, f, g, o) = (sigmoid(sum(0)), sigmoid(sum(1)), tanh(sum(2)), sigmoid(sum(3)))
        let c = tanh(step.after.c[u])
        let dc = d.c[u] + dh * o * (1 - c * c)
        set(0, dc * g * i * (1 - i))
        set(1, dc * step.before.c[u] * f * (1 - f))
        set(2, dc * i * (1 - g * g))
        set(3, dh * c * o * (1 - o))
        before.c[u] = dc * f
      case .gru:
        let m = step.fromState[2 * hidden + u]
        let (r, z) = (sigmoid(sum(0)), sigmoid(sum(1)))
        let n = tanh(step.fromInput[2 * hidden + u] + r * m)
        let dn = dh * (1 - z) * (1 - n * n)
        set(0, dn * m * r * (1 - r))
        set(1, dh * (step.before.h[u] - n) * z * (1 - z))
        set(2, dn, ofState: r)
        before.h[u] = dh * z
      }
    }
    addOuter(da, step.input, to: &gradient.wx)
    addOuter(db, step.before.h, to: &gradient.wh)
    for row in da.indices {
      gradient.bx[row] += da[row]
      gradient.bh[row] += db[row]
    }
    let throughState = transposed(wh, db, count: hidden)
    for u in 0..<hidden { before.h[u] += throughState[u] }
    return (transposed(wx, da, count: inputs), before)
  }
}

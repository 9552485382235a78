#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One recurrent layer for one sequence in float64, a direct transcription of the formulas: the
/// reference for the kernels.
///
/// Parameters have PyTorch's layout: `wx` is `[gates h, i]`, `wh` is `[gates h, h]`, both biases are
/// `[gates h]`, with the gates in the order in which they are named here.
///
/// - Vanilla (Elman 1990): h_t = tanh(W_x x_t + b_x + W_h h_{t-1} + b_h).
/// - LSTM (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000):
///   i, f, g, o = W_x x_t + b_x + W_h h_{t-1} + b_h,
///   c_t = sigmoid(f) c_{t-1} + sigmoid(i) tanh(g),  h_t = sigmoid(o) tanh(c_t).
/// - GRU (Cho et al. 2014; reset after the product, as in PyTorch):
///   r, z = sigmoid(W_x x_t + b_x + W_h h_{t-1} + b_h),
///   n = tanh(W_n x_t + b_n + r (U_n h_{t-1} + b_hn)),  h_t = (1 - z) n + z h_{t-1}.
public struct ReferenceLayer: Sendable {
  /// The kind of a layer.
  public enum CellKind: String, Sendable {
    case rnn, lstm, gru

    /// The number of rows that a hidden unit has in each matrix.
    public var gates: Int { self == .rnn ? 1 : self == .lstm ? 4 : 3 }
  }

  /// The recurrent state of one sequence; only the LSTM uses `c`.
  public struct State: Sendable {
    /// The hidden state, `[h]`.
    public var h: [Double]
    /// The cell state, `[h]`.
    public var c: [Double]

    /// Creates a state.
    public init(h: [Double], c: [Double]) {
      self.h = h
      self.c = c
    }
  }

  /// One step, with the values that the backward pass needs.
  public struct Step: Sendable {
    /// x_t, `[i]`.
    public var input: [Double]
    /// The state before.
    public var before: State
    /// W_x x_t + b_x, `[gates h]`.
    public var fromInput: [Double]
    /// W_h h_{t-1} + b_h, `[gates h]`.
    public var fromState: [Double]
    /// The state after.
    public var after: State
  }

  /// The kind.
  public let cell: CellKind
  /// The number of inputs: `i`.
  public let inputs: Int
  /// Indicates whether the activation of a vanilla cell is ReLU rather than tanh.
  public var isReLU = false
  /// The number of hidden units: `h`.
  public let hidden: Int
  /// W_x, `[gates h, i]`.
  public var wx: [Double]
  /// W_h, `[gates h, h]`.
  public var wh: [Double]
  /// b_x, `[gates h]`.
  public var bx: [Double]
  /// b_h, `[gates h]`.
  public var bh: [Double]

  /// Creates a layer whose parameters are zero.
  public init(_ cell: CellKind, inputs: Int, hidden: Int) {
    self.cell = cell
    self.inputs = inputs
    self.hidden = hidden
    wx = Array(repeating: 0, count: cell.gates * hidden * inputs)
    wh = Array(repeating: 0, count: cell.gates * hidden * hidden)
    bx = Array(repeating: 0, count: cell.gates * hidden)
    bh = bx
  }

  /// The zero state.
  public var zeroState: State {
    State(h: Array(repeating: 0, count: hidden), c: Array(repeating: 0, count: hidden))
  }

  /// Computes one step.
  public func step(_ x: [Double], from before: State) -> Step {
    let (a, b) = (affine(wx, x, bx), affine(wh, before.h, bh))
    var after = before
    for u in 0..<hidden {
      func sum(_ gate: Int) -> Double { a[gate * hidden + u] + b[gate * hidden + u] }
      switch cell {
      case .rnn:
        after.h[u] = isReLU ? max(0, sum(0)) : tanh(sum(0))
      case .lstm:
        after.c[u] = sigmoid(sum(1)) * before.c[u] + sigmoid(sum(0)) * tanh(sum(2))
        after.h[u] = sigmoid(sum(3)) * tanh(after.c[u])
      case .gru:
        let (r, z) = (sigmoid(sum(0)), sigmoid(sum(1)))
        let n = tanh(a[2 * hidden + u] + r * b[2 * hidden + u])
        after.h[u] = (1 - z) * n + z * before.h[u]
      }
    }
    return Step(input: x, before: before, fromInput: a, fromState: b, after: after)
  }
}

/// Returns 1 / (1 + e^-x).
public func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

/// Returns m v + b; `m` is row-major.
public func affine(_ m: [Double], _ v: [Double], _ b: [Double]) -> [Double] {
  b.indices.map { row in
    v.indices.reduce(b[row]) { $0 + m[row * v.count + $1] * v[$1] }
  }
}

/// Returns m^T d.
func transposed(_ m: [Double], _ d: [Double], count: Int) -> [Double] {
  var result = [Double](repeating: 0, count: count)
  for row in d.indices {
    for column in 0..<count { result[column] += m[row * count + column] * d[row] }
  }
  return result
}

/// Adds d v^T to m.
func addOuter(_ d: [Double], _ v: [Double], to m: inout [Double]) {
  for row in d.indices {
    for column in v.indices { m[row * v.count + column] += d[row] * v[column] }
  }
}

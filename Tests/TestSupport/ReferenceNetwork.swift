#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The whole network for one sequence in float64, a direct transcription of the formulas: stacked
/// layers (see `ReferenceLayer`), the output projection, softmax and cross-entropy.
///
///     y_t = W_y h_t + b_y;  p(k) = e^{y_k} / sum over j of e^{y_j};  loss_t = -log p(target_t)
///
/// It shares no code with Geul: parameters have PyTorch's names, shapes and order of gates.
public struct ReferenceNetwork: Sendable {
  /// A tensor under PyTorch's name, row-major.
  public struct Tensor: Sendable {
    /// For example `lstm.weight_ih_l0`.
    public let name: String
    /// For example `[4h, i]`.
    public let shape: [Int]
    /// The elements, as many as the shape states.
    public var values: [Double]
  }

  /// The activations of one step of the network.
  public struct StepActivations: Sendable {
    /// The step of each layer.
    public var steps: [ReferenceLayer.Step]
    /// The input of the projection: h_t of the last layer, after dropout.
    public var top: [Double]
    /// The logits y_t, `[v]`.
    public var logits: [Double]
  }

  /// The parameters.
  public private(set) var tensors: [Tensor]
  /// The layers, from the input to the output.
  public private(set) var layers: [ReferenceLayer]
  /// W_y, `[v, h]`, and b_y, `[v]`.
  public private(set) var outputProjection: (weight: [Double], bias: [Double])

  /// Creates a network of the given parameters, in the order of PyTorch's `state_dict`: W_x, W_h, b_x
  /// and b_h of each layer, then those of the projection.
  public init(
    cell: String, isReLU: Bool = false,
    tensors: [(name: String, shape: [Int], values: [Double])]
  ) {
    guard let kind = ReferenceLayer.CellKind(rawValue: cell) else { preconditionFailure(cell) }
    let tensors = tensors.map { Tensor(name: $0.name, shape: $0.shape, values: $0.values) }
    func named(_ name: String) -> Tensor {
      guard let tensor = tensors.first(where: { $0.name == name }) else {
        preconditionFailure("no tensor \(name)")
      }
      return tensor
    }
    self.tensors = tensors
    (layers, outputProjection) = (
      [], (named("decoder.weight").values, named("decoder.bias").values)
    )
    while tensors.contains(where: { $0.name == "\(cell).weight_ih_l\(layers.count)" }) {
      let index = layers.count
      let wx = named("\(cell).weight_ih_l\(index)")
      var layer = ReferenceLayer(
        kind, inputs: wx.shape[1], hidden: wx.shape[0] / kind.gates)
      layer.isReLU = isReLU
      layer.wx = wx.values
      layer.wh = named("\(cell).weight_hh_l\(index)").values
      layer.bx = named("\(cell).bias_ih_l\(index)").values
      layer.bh = named("\(cell).bias_hh_l\(index)").values
      layers.append(layer)
    }
  }

  /// Returns the network with the values of one tensor replaced.
  public func replacing(_ index: Int, with values: [Double]) -> ReferenceNetwork {
    ReferenceNetwork(
      cell: layers[0].cell.rawValue, isReLU: layers[0].isReLU,
      tensors: tensors.enumerated().map { ($1.name, $1.shape, $0 == index ? values : $1.values) })
  }

  /// The zero state.
  public var zeroState: [ReferenceLayer.State] { layers.map(\.zeroState) }

  /// Reads a sequence; `masks` holds the factors of each layer's output, `[t][l][h]`, and is empty
  /// without dropout.
  public func read(
    _ tokens: [Int], from state: [ReferenceLayer.State], masks: [[[Double]]] = []
  ) -> [StepActivations] {
    var state = state
    return tokens.indices.map { t in
      var x = [Double](repeating: 0, count: layers[0].inputs)
      x[tokens[t]] = 1
      var steps: [ReferenceLayer.Step] = []
      for (l, layer) in layers.enumerated() {
        let step = layer.step(x, from: state[l])
        steps.append(step)
        state[l] = step.after
        x = masks.isEmpty ? step.after.h : zip(step.after.h, masks[t][l]).map { $0 * $1 }
      }
      return StepActivations(
        steps: steps, top: x, logits: affine(outputProjection.weight, x, outputProjection.bias))
    }
  }

  /// Returns -log softmax(logits)[target], in nats; 0 for a target of -1.
  public static func nats(_ logits: [Double], _ target: Int) -> Double {
    guard target >= 0 else { return 0 }
    let largest = logits.max() ?? 0
    return log(logits.reduce(0) { $0 + exp($1 - largest) }) + largest - logits[target]
  }

  /// Returns the gradient of `nats` with respect to the logits: the probabilities, less 1 at the target.
  public static func lossGradient(_ logits: [Double], _ target: Int) -> [Double] {
    guard target >= 0 else { return logits.map { _ in 0 } }
    let largest = logits.max() ?? 0
    let sum = logits.reduce(0) { $0 + exp($1 - largest) }
    return logits.indices.map { exp(logits[$0] - largest) / sum - ($0 == target ? 1 : 0) }
  }
}

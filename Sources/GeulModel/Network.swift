public import GeulCompute

/// The shape of a network.
public struct Architecture: Codable, Sendable, Equatable {
  /// What a unit of a recurrent layer computes.
  public var cell: CellKind
  /// How many recurrent layers.
  public var layers: Int
  /// How many units in each.
  public var hidden: Int
  /// What vanilla cells do with their sums.
  public var activation: Activation

  /// A shape.
  public init(
    cell: CellKind = .lstm, layers: Int = 2, hidden: Int = 256, activation: Activation = .tanh
  ) {
    self.cell = cell
    self.layers = layers
    self.hidden = hidden
    self.activation = activation
  }

  /// Reads a shape; one without an activation, as all others than rectified ones are written, has tanh.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    cell = try values.decode(CellKind.self, forKey: .cell)
    layers = try values.decode(Int.self, forKey: .layers)
    hidden = try values.decode(Int.self, forKey: .hidden)
    activation = try values.decodeIfPresent(Activation.self, forKey: .activation) ?? .tanh
  }

  private enum CodingKeys: CodingKey { case cell, layers, hidden, activation }

  /// Writes a shape, so that programs from before there was an activation read what they can.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(cell, forKey: .cell)
    try values.encode(layers, forKey: .layers)
    try values.encode(hidden, forKey: .hidden)
    if activation != .tanh { try values.encode(activation, forKey: .activation) }
  }
}

/// A recurrent language model: tokens, stacked recurrent layers, and a projection to scores of the next token.
///
///     logits_t = W_y h_t + b_y;  p(next = k) = softmax(logits_t)[k]
public struct Network: Sendable, Equatable {
  /// Its shape.
  public let architecture: Architecture
  /// How many units the vocabulary has.
  public let vocabulary: Int
  /// What lies where in its arenas.
  public let layout: ParameterLayout
  /// From the tokens upward.
  public let layers: [RecurrentLayer]
  /// `[h, v]`: W_y.
  public let decoder: ParameterSlot
  /// `[v]`: b_y.
  public let decoderBias: ParameterSlot

  /// Lays out a network.
  public init(_ architecture: Architecture, vocabulary: Int) {
    precondition(architecture.layers >= 1 && architecture.hidden >= 1 && vocabulary >= 1)
    var layout = ParameterLayout()
    layers = (0..<architecture.layers).map { index in
      RecurrentLayer(
        architecture.cell, index: index, inputs: index == 0 ? vocabulary : architecture.hidden,
        readsTokens: index == 0, hidden: architecture.hidden, in: &layout)
    }
    decoder = layout.reserve(
      "decoder.weight", depth: architecture.hidden, gates: 1, units: vocabulary)
    decoderBias = layout.reserve("decoder.bias", depth: 1, gates: 1, units: vocabulary)
    self.architecture = architecture
    self.vocabulary = vocabulary
    self.layout = layout
  }

  /// The matrices: all that states are multiplied by, which is neither the table of the tokens nor a bias.
  public var matrices: [ParameterSlot] {
    layers.flatMap { $0.readsTokens ? [$0.recurrent] : [$0.input, $0.recurrent] } + [decoder]
  }

  /// Fresh parameters: uniform in +-1 / sqrt(h), as PyTorch begins, but for two.
  ///
  /// Forget biases begin at 1 (Jozefowicz et al. 2015). A row of the table of the first layer is all that the network
  /// knows of a token, not one of h terms of a sum, so its numbers begin with a variance of 1. (Tiny Shakespeare, 300
  /// steps of 64 x 64: 1.84 nats on the part held out, against 2.38 with the smaller numbers.)
  public func initialParameters(_ random: inout SplitMix64) -> ParameterStorage {
    var arena = ParameterStorage(layout)
    let bound = 1 / Float(architecture.hidden).squareRoot()
    for slot in layout.slots {
      let bound = slot == layers[0].input ? Float(3).squareRoot() : bound
      for depth in 0..<slot.depth {
        for gate in 0..<slot.gates {
          for unit in 0..<slot.units { arena[slot, depth, gate, unit] = random.uniform(bound) }
        }
      }
    }
    if architecture.cell == .lstm {
      for layer in layers {
        for unit in 0..<layer.bias.units {
          arena[layer.bias, 0, RecurrentLayer.forgetGate, unit] += 1
        }
      }
    }
    return arena
  }
}

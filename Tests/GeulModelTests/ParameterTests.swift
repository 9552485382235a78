import GeulCompute
import GeulModel
import TestSupport
import Testing

struct ParameterTests {
  static func network(_ cell: CellKind) -> Network {
    Network(Architecture(cell: cell, layers: 2, hidden: 17), vocabulary: 21)
  }

  @Test(arguments: CellKind.allCases)
  func `parameters are exported with PyTorch's names and shapes, and read back`(cell: CellKind) {
    let network = Self.network(cell)
    var random = SplitMix64(seed: 1)
    let parameters = network.initialParameters(&random)
    let tensors = network.tensors(of: parameters)
    let rows = cell.descriptor.gateCount * 17
    let c = cell.rawValue
    #expect(
      tensors.map(\.name) == [
        "\(c).weight_ih_l0", "\(c).weight_hh_l0", "\(c).bias_ih_l0", "\(c).bias_hh_l0",
        "\(c).weight_ih_l1", "\(c).weight_hh_l1", "\(c).bias_ih_l1", "\(c).bias_hh_l1",
        "decoder.weight", "decoder.bias",
      ])
    #expect(
      tensors.map(\.shape) == [
        [rows, 21], [rows, 17], [rows], [rows], [rows, 17], [rows, 17], [rows], [rows], [21, 17],
        [21],
      ])
    #expect(network.parameters(from: tensors) == parameters)
    // The order of tensors does not matter.
    #expect(network.parameters(from: tensors.reversed()) == parameters)
  }

  @Test(arguments: CellKind.allCases)
  func `the vanilla cell and the LSTM keep the sum of two biases, the GRU keeps both`(
    cell: CellKind
  ) {
    let network = Self.network(cell)
    let tensors = network.tensorShapes.map { name, shape in
      let count = shape.reduce(1, *)
      let start: Float = name.contains("bias_hh") ? 1000 : 1
      return NamedTensor(name: name, shape: shape, values: (0..<count).map { start + Float($0) })
    }
    let back = network.tensors(of: network.parameters(from: tensors))
    for (have, given) in zip(back, tensors) {
      switch (cell, have.name.contains("bias_ih"), have.name.contains("bias_hh")) {
      case (.gru, _, _), (_, false, false): #expect(have == given)
      case (_, true, _): #expect(have.values == given.values.indices.map { 1001 + 2 * Float($0) })
      default: #expect(have.values.allSatisfy { $0 == 0 })
      }
    }
  }

  /// Uniform in +-1 / sqrt(h), except the embedding table, whose variance is 1, and forget biases,
  /// which are around 1.
  @Test(arguments: CellKind.allCases)
  func `new parameters are uniform in their ranges, and padding is zero`(cell: CellKind) {
    let network = Self.network(cell)
    var random = SplitMix64(seed: 1)
    let parameters = network.initialParameters(&random)
    let bound = 1 / Float(17).squareRoot()
    for slot in network.layout.slots {
      let isTable = slot == network.layers[0].input
      let range = isTable ? Float(3).squareRoot() : bound
      let isBias = network.layers.contains { $0.bias == slot }
      var largest: Float = 0
      for (index, number) in slot.range.enumerated() {
        let gate = index % slot.stride / slot.width
        guard index % slot.width < slot.units else {
          #expect(parameters.values[number] == 0, "\(slot.name) has padding of zeros")
          continue
        }
        let center: Float = cell == .lstm && isBias && gate == 1 ? 1 : 0
        largest = max(largest, abs(parameters.values[number] - center))
      }
      #expect(largest <= range)
      #expect(largest > 0.6 * range, "\(slot.name) fills its range")
    }
  }

  @Test func `new parameters are a function of the seed`() {
    let network = Self.network(.gru)
    func parameters(_ seed: UInt64) -> ParameterStorage {
      var random = SplitMix64(seed: seed)
      return network.initialParameters(&random)
    }
    #expect(parameters(5) == parameters(5))
    #expect(parameters(5) != parameters(6))
  }

  @Test(arguments: CellKind.allCases, Precision.trainable)
  func `gradients of padding are zero, so it stays zero`(cell: CellKind, precision: Precision) {
    let fixture = NetworkFixture(cell, layers: 2, hidden: 17, vocabulary: 21, rows: 3, length: 3)
    for set in InstructionSet.available {
      let gradients = fixture.run(set, precision, masks: .init(rate: 0.1, key: 3)).gradients
      for slot in fixture.network.layout.slots {
        let padding = slot.range.filter { ($0 - slot.offset) % slot.width >= slot.units }
        #expect(padding.allSatisfy { gradients.values[$0] == 0 }, "\(slot.name)")
      }
    }
  }

  @Test func `the generator is SplitMix64, and its numbers cover their range`() {
    // The first numbers of seed 1234567, as the authors' C program prints them.
    var generator = SplitMix64(seed: 1_234_567)
    #expect(
      (0..<3).map { _ in generator.next() } == [
        6457827717110365317, 3203168211198807973, 9817491932198370423,
      ])
    let numbers = (0..<10_000).map { _ in generator.uniform(2) }
    #expect(numbers.allSatisfy { -2 <= $0 && $0 < 2 })
    // Five standard deviations of the mean of 10,000 numbers; that of one is 2 / sqrt(3).
    #expect(abs(numbers.reduce(0, +) / 10_000) < 0.06)
    #expect((numbers.max() ?? 0) > 1.99 && (numbers.min() ?? 0) < -1.99)
  }
}

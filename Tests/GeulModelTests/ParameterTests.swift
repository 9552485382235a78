import GeulCompute
import GeulModel
import TestSupport
import Testing

@Suite("Parameters")
struct ParameterTests {
  static func network(_ cell: CellKind) -> Network {
    Network(Architecture(cell: cell, layers: 2, hidden: 17), vocabulary: 21)
  }

  @Test("go out under PyTorch's names and shapes, and come back", arguments: CellKind.allCases)
  func roundTrip(cell: CellKind) {
    let network = Self.network(cell)
    var random = SplitMix64(seed: 1)
    let parameters = network.initialParameters(&random)
    let tensors = network.tensors(of: parameters)
    let rows = cell.gates * 17
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

  @Test(
    "Of two biases the vanilla cell and the LSTM keep the sum, the GRU both",
    arguments: CellKind.allCases)
  func biases(cell: CellKind) {
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

  @Test(
    "begin within 1 / sqrt(h) of zero, the table with a variance of 1, forget biases at 1, and the padding zero",
    arguments: CellKind.allCases)
  func initial(cell: CellKind) {
    let network = Self.network(cell)
    var random = SplitMix64(seed: 1)
    let parameters = network.initialParameters(&random)
    let bound = 1 / Float(17).squareRoot()
    for slot in network.layout.slots {
      let isTable = slot == network.layers[0].input
      let range = isTable ? Float(3).squareRoot() : bound
      let isBias = network.layers.contains { $0.bias == slot }
      var largest: Float = 0
      for (index, place) in slot.range.enumerated() {
        let gate = index % slot.stride / slot.width
        guard index % slot.width < slot.units else {
          #expect(parameters.values[place] == 0, "\(slot.name) is padded with zeros")
          continue
        }
        let centre: Float = cell == .lstm && isBias && gate == 1 ? 1 : 0
        largest = max(largest, abs(parameters.values[place] - centre))
      }
      #expect(largest <= range)
      #expect(largest > 0.6 * range, "\(slot.name) fills its range")
    }
  }

  @Test("are a function of the seed")
  func seeded() {
    let network = Self.network(.gru)
    func parameters(_ seed: UInt64) -> ParameterStorage {
      var random = SplitMix64(seed: seed)
      return network.initialParameters(&random)
    }
    #expect(parameters(5) == parameters(5))
    #expect(parameters(5) != parameters(6))
  }

  @Test(
    "Gradients of what pads a width are zero, so it stays zero", arguments: CellKind.allCases,
    Precision.trained)
  func paddingStaysZero(cell: CellKind, precision: Precision) {
    let trial = NetworkFixture(cell, layers: 2, hidden: 17, vocabulary: 21, rows: 3, length: 3)
    for set in InstructionSet.available {
      let gradients = trial.run(set, precision, masks: .init(rate: 0.1, key: 3)).gradients
      for slot in trial.network.layout.slots {
        let padding = slot.range.filter { ($0 - slot.offset) % slot.width >= slot.units }
        #expect(padding.allSatisfy { gradients.values[$0] == 0 }, "\(slot.name)")
      }
    }
  }

  @Test("The random source is SplitMix64, and its numbers fill their range")
  func randomSource() {
    // The first numbers of seed 1234567, as the authors' C program prints them.
    var source = SplitMix64(seed: 1_234_567)
    #expect(
      (0..<3).map { _ in source.next() } == [
        6457827717110365317, 3203168211198807973, 9817491932198370423,
      ])
    let numbers = (0..<10_000).map { _ in source.uniform(2) }
    #expect(numbers.allSatisfy { -2 <= $0 && $0 < 2 })
    // Five standard deviations of the mean of 10,000 numbers in -2 ..< 2, one of which is 2 /
    // sqrt(3).
    #expect(abs(numbers.reduce(0, +) / 10_000) < 0.06)
    #expect((numbers.max() ?? 0) > 1.99 && (numbers.min() ?? 0) < -1.99)
  }
}

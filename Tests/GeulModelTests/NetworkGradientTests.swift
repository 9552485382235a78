import GeulCompute
import GeulModel
import TestSupport
import Testing

@Suite("Gradients are what the loss changes by")
struct NetworkGradientTests {
  /// Each cell, and the vanilla one with max(0, x) too.
  static let cells = CellKind.allCases.map { ($0, Activation.tanh) } + [(.rnn, .relu)]

  static func trial(_ cell: (CellKind, Activation)) -> NetworkFixture {
    NetworkFixture(
      cell.0, layers: 2, hidden: 3, vocabulary: 5, rows: 2, length: 4, activation: cell.1)
  }

  /// DropoutMasks that zero three in ten.
  static let masks: [BatchShard.DropoutMasks?] = [nil, BatchShard.DropoutMasks(rate: 0.3, key: 77)]

  /// The gradient of each parameter by central differences of the reference's loss, in Double.
  static func differences(
    _ trial: NetworkFixture, _ reference: ReferenceNetwork, masks: BatchShard.DropoutMasks?
  ) -> [[Double]] {
    let rows = (0..<trial.rows).map { row in
      let mask = trial.masks(masks, row: row)
      // What is carried from the first window is a constant: only the second is differentiated.
      let carried = trial.read(reference, row: row, masks: mask)[0].steps.map(\.before)
      let ids = trial.tokens[row][trial.length..<2 * trial.length].map(Int.init)
      return (ids, targets: trial.targets(row: row), mask, carried)
    }
    return reference.tensors.indices.map { index in
      reference.differences(index) { moved in
        rows.reduce(0) { sum, row in
          let moments = moved.read(row.0, from: row.3, masks: row.2)
          let nats = zip(moments, row.targets).map { ReferenceNetwork.nats($0.scores, $1) }
          return sum + nats.reduce(0, +) * Double(NetworkFixture.scale)
        }
      }
    }
  }

  @Test(
    "The reference's own gradients are its differences", arguments: cells, masks.indices)
  func reference(cell: (CellKind, Activation), mask: Int) {
    let trial = Self.trial(cell)
    let reference = trial.reference(Kernels(.portable), .float32)
    let expected = trial.expected(reference, masks: Self.masks[mask]).gradients
    let differences = Self.differences(trial, reference, masks: Self.masks[mask])
    for (index, tensor) in reference.tensors.enumerated() {
      var comparison = Comparison()
      // See `ReferenceNetwork.differences`: 1e-16 / 1e-5 for each of some losses of size 1.
      for (a, b) in zip(expected[index], differences[index]) { comparison.add(a, b, bound: 2e-9) }
      #expect(comparison.holds, "\(tensor.name): \(comparison)")
    }
  }

  @Test(
    "The network's gradients are the reference's differences, by tensor", arguments: cells,
    Precision.trained)
  func network(cell: (CellKind, Activation), precision: Precision) {
    let trial = Self.trial(cell)
    for masks in Self.masks {
      for set in InstructionSet.available {
        let reference = trial.reference(Kernels(set), precision)
        let outcome = trial.run(set, precision, masks: masks)
        let expected = Self.differences(trial, reference, masks: masks)
        let magnitudes = trial.expected(reference, masks: masks).magnitudes
        for (name, comparison) in trial.check(
          outcome.gradients, expected, magnitudes: magnitudes, precision)
        {
          #expect(comparison.holds, "\(name), \(set): \(comparison)")
        }
      }
    }
  }
}

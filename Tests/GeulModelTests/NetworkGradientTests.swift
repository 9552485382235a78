import GeulCompute
import GeulModel
import TestSupport
import Testing

/// Gradients are compared with finite differences of the loss.
struct NetworkGradientTests {
  /// The kinds of cells, and the vanilla cell with ReLU.
  static let cells = CellKind.allCases.map { ($0, Activation.tanh) } + [(.rnn, .relu)]

  static func fixture(_ cell: (CellKind, Activation)) -> NetworkFixture {
    NetworkFixture(
      cell.0, layers: 2, hidden: 3, vocabulary: 5, rows: 2, length: 4, activation: cell.1)
  }

  /// No dropout, and masks that zero three outputs in ten.
  static let masks: [BatchShard.DropoutMasks?] = [nil, BatchShard.DropoutMasks(rate: 0.3, key: 77)]

  /// The gradient of each parameter by central differences of the loss of the float64
  /// reference.
  static func differences(
    _ fixture: NetworkFixture, _ reference: ReferenceNetwork, masks: BatchShard.DropoutMasks?
  ) -> [[Double]] {
    let rows = (0..<fixture.rows).map { row in
      let mask = fixture.masks(masks, row: row)
      // The state after the first window is a constant: only the second is differentiated.
      let carried = fixture.read(reference, row: row, masks: mask)[0].steps.map(\.before)
      let ids = fixture.tokens[row][fixture.length..<2 * fixture.length].map(Int.init)
      return (ids, targets: fixture.targets(row: row), mask, carried)
    }
    return reference.tensors.indices.map { index in
      reference.differences(index) { moved in
        rows.reduce(0) { sum, row in
          let steps = moved.read(row.0, from: row.3, masks: row.2)
          let nats = zip(steps, row.targets).map { ReferenceNetwork.nats($0.logits, $1) }
          return sum + nats.reduce(0, +) * Double(NetworkFixture.scale)
        }
      }
    }
  }

  @Test(arguments: cells, masks.indices)
  func `gradients of the float64 reference match finite differences`(
    cell: (CellKind, Activation), mask: Int
  ) {
    let fixture = Self.fixture(cell)
    let reference = fixture.reference(Kernels(.portable), .float32)
    let expected = fixture.expected(reference, masks: Self.masks[mask]).gradients
    let differences = Self.differences(fixture, reference, masks: Self.masks[mask])
    for (index, tensor) in reference.tensors.enumerated() {
      var comparison = Comparison()
      // See `ReferenceNetwork.differences`: 1e-16 / 1e-5 for each of some losses of size 1.
      for (a, b) in zip(expected[index], differences[index]) { comparison.add(a, b, bound: 2e-9) }
      #expect(comparison.holds, "\(tensor.name): \(comparison)")
    }
  }

  @Test(arguments: cells, Precision.trainable)
  func `gradients match finite differences of the float64 reference`(
    cell: (CellKind, Activation), precision: Precision
  ) {
    let fixture = Self.fixture(cell)
    for masks in Self.masks {
      for set in InstructionSet.available {
        let reference = fixture.reference(Kernels(set), precision)
        let output = fixture.run(set, precision, masks: masks)
        let expected = Self.differences(fixture, reference, masks: masks)
        let magnitudes = fixture.expected(reference, masks: masks).magnitudes
        for (name, comparison) in fixture.check(
          output.gradients, expected, magnitudes: magnitudes, precision)
        {
          #expect(comparison.holds, "\(name), \(set): \(comparison)")
        }
      }
    }
  }
}

import GeulCompute
import GeulModel
import TestSupport
import Testing

/// The state of sequences, in `RecurrentState` and in a `BatchShard`.
struct RecurrentStateTests {
  static let architectures = CellKind.allCases.map {
    Architecture(cell: $0, layers: 2, hidden: 17)
  }

  /// A state whose numbers are different, and exact in every precision: multiples of 1/64 in 0..<1.
  private func row(_ architecture: Architecture, seed: UInt64) -> RecurrentState.Row {
    var random = SeededGenerator(seed: seed)
    func values() -> [[Float]] {
      (0..<architecture.layers).map { _ in
        (0..<architecture.hidden).map { _ in Float(Int.random(in: 0..<64, using: &random)) / 64 }
      }
    }
    let empty = [[Float]](repeating: [], count: architecture.layers)
    var row = RecurrentState(architecture, rows: 1)[0]
    row.hidden = values()
    row.float32State = architecture.cell == .rnn ? empty : values()
    return row
  }

  /// A shard with the states `row(architecture, seed: 0)` and so on.
  private func shard(_ architecture: Architecture, _ precision: Precision, rows: Int) -> BatchShard
  {
    let shard = BatchShard(
      Network(architecture, vocabulary: 5), firstRow: 0, rows: rows, length: 1,
      precision: precision, dropout: false, backward: false)
    for index in 0..<rows {
      shard.setState(row: index, row(architecture, seed: UInt64(index)))
    }
    return shard
  }

  private func states(_ shard: BatchShard, _ architecture: Architecture) -> [RecurrentState.Row] {
    (0..<shard.rows).map { shard.state(row: $0, width: architecture.hidden) }
  }

  @Test(arguments: architectures)
  func `a new state is zero, with a float32 state for kinds that carry one`(
    architecture: Architecture
  ) {
    let state = RecurrentState(architecture, rows: 3)
    #expect(state.hidden == Array(repeating: 0, count: 2 * 3 * 17))
    #expect(state.float32State == (architecture.cell == .rnn ? [] : state.hidden))
    let numbers = architecture.cell == .rnn ? 2 * 17 : 2 * 2 * 17
    #expect(state[1].byteCount == 4 * numbers)
  }

  @Test(arguments: architectures)
  func `setting a row changes it and no other`(architecture: Architecture) {
    var state = RecurrentState(architecture, rows: 3)
    let zero = state[0]
    let (one, two) = (row(architecture, seed: 1), row(architecture, seed: 2))
    state[1] = one
    #expect([state[0], state[1], state[2]] == [zero, one, zero])
    state[2] = two
    #expect([state[0], state[1], state[2]] == [zero, one, two])
    // `[l, b, h]`
    #expect(Array(state.hidden[(3 + 1) * 17..<(3 + 2) * 17]) == one.hidden[1])
    state[1] = zero
    state[2] = zero
    #expect(state == RecurrentState(architecture, rows: 3))
  }

  @Test(arguments: architectures, Precision.allCases)
  func `a shard begins with the zero state, and holds the states that are set`(
    architecture: Architecture, precision: Precision
  ) {
    let zero = RecurrentState(architecture, rows: 1)[0]
    let fresh = BatchShard(
      Network(architecture, vocabulary: 5), firstRow: 0, rows: 2, length: 1, precision: precision,
      dropout: false, backward: false)
    #expect(states(fresh, architecture) == [zero, zero])
    let shard = shard(architecture, precision, rows: 3)
    let expected = (0..<3).map { row(architecture, seed: $0) }
    #expect(states(shard, architecture) == expected)
    shard.resetState(row: 1)
    #expect(states(shard, architecture) == [expected[0], zero, expected[2]])
    shard.resetState()
    #expect(states(shard, architecture) == [zero, zero, zero])
  }

  @Test(arguments: architectures, Precision.allCases)
  func `copying a state and resizing keep the states of other sequences`(
    architecture: Architecture, precision: Precision
  ) {
    let shard = shard(architecture, precision, rows: 4)
    let expected = (0..<4).map { row(architecture, seed: $0) }
    shard.copyState(row: 3, to: 1)
    #expect(states(shard, architecture) == [expected[0], expected[3], expected[2], expected[3]])
    shard.copyState(row: 2, to: 2)
    #expect(states(shard, architecture) == [expected[0], expected[3], expected[2], expected[3]])
    shard.resize(rows: 2)
    #expect(states(shard, architecture) == [expected[0], expected[3]])
  }

  @Test(arguments: CellKind.allCases, Precision.allCases)
  func `a sequence continues from its state in another row and in a smaller batch`(
    cell: CellKind, precision: Precision
  ) throws {
    let fixture = NetworkFixture(
      cell, layers: 2, hidden: 17, vocabulary: 11, rows: 3, length: 4)
    let context = ComputeContext(Kernels(try InstructionSet.chosen()))
    let weights = PackedNetwork(
      fixture.network, parameters: fixture.parameters, precision: precision, backward: false,
      context: context)
    func makeShard(rows: Int) -> BatchShard {
      BatchShard(
        fixture.network, firstRow: 0, rows: rows, length: 1, precision: precision, dropout: false,
        backward: false)
    }
    // One shard reads all of the text; half of it is read by two others, which begin with the last
    // sequence's state: one in which that is copied to row 0, and one in which it is set.
    let (whole, copied, set) = (makeShard(rows: 3), makeShard(rows: 3), makeShard(rows: 1))
    func step(_ shard: BatchShard) -> [[Float]] {
      var logits = [[Float]](repeating: [], count: shard.rows)
      shard.step(weights, context, logits: &logits)
      return logits
    }
    for t in 0..<8 {
      for row in 0..<3 { whole.tokens[row] = fixture.tokens[row][t] }
      if t == 4 {
        for row in 0..<3 { copied.setState(row: row, whole.state(row: row, width: 17)) }
        copied.copyState(row: 2, to: 0)
        copied.resize(rows: 1)
        set.setState(row: 0, whole.state(row: 2, width: 17))
      }
      let expected = step(whole)[2]
      guard t >= 4 else { continue }
      for shard in [copied, set] {
        shard.tokens[0] = fixture.tokens[2][t]
        #expect(firstDifference(step(shard)[0], expected) == nil)
      }
    }
  }
}

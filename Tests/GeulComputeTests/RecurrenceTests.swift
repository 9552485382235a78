import GeulCompute
import TestSupport
import Testing

/// A layer computes the formulas of `CellKind`.
struct RecurrenceTests {
  /// Units and inputs on both sides of column blocks of 16 and panels of 64; rows that fill tiles of
  /// 2, 3 and 6, and rows that do not.
  struct Size: CustomTestStringConvertible, Sendable {
    let (hidden, inputs, rows, length): (Int, Int, Int, Int)
    var testDescription: String {
      "\(hidden) units, \(inputs) inputs, \(rows) rows, \(length) steps"
    }
  }

  static let sizes = [
    (1, 7, 1, 5), (7, 1, 2, 2), (15, 33, 3, 1), (16, 16, 5, 5), (17, 100, 6, 2), (33, 15, 7, 1),
    (64, 65, 13, 5), (65, 17, 1, 2), (80, 64, 2, 5), (100, 80, 3, 2), (33, 31, 11, 9),
  ].map { Size(hidden: $0, inputs: $1, rows: $2, length: $3) }

  static let cases = CellKind.allCases.flatMap { cell in [true, false].map { (cell, $0) } }

  @Test(arguments: cases, sizes)
  func `each step follows from the step before, with the same bits for each instruction set`(
    of cell: (CellKind, readsTokens: Bool), size: Size
  ) {
    let fixture = LayerFixture(
      cell.0, inputs: size.inputs, readsTokens: cell.readsTokens, hidden: size.hidden,
      rows: size.rows, length: size.length)
    let outputs = InstructionSet.available.map { ($0, fixture.run($0, .float32)) }
    for (set, output) in outputs {
      #expect(firstDifference(output.hidden, outputs[0].1.hidden) == nil, "\(set)")
      #expect(firstDifference(output.float32State, outputs[0].1.float32State) == nil, "\(set)")
    }
    check(fixture, outputs[0].1, Kernels(.portable), .float32)
    for set in InstructionSet.available {
      check(fixture, fixture.run(set, .bfloat16), Kernels(set), .bfloat16)
    }
    let int8 = InstructionSet.available.map { ($0, fixture.run($0, .int8)) }
    for (set, output) in int8 {
      #expect(firstDifference(output.hidden, int8[0].1.hidden) == nil, "int8, \(set)")
      #expect(firstDifference(output.float32State, int8[0].1.float32State) == nil, "int8, \(set)")
    }
    check(fixture, int8[0].1, Kernels(.portable), .int8)
  }

  @Test(arguments: cases, Precision.allCases)
  func `a step on several threads has the bits of a step on one`(
    of cell: (CellKind, readsTokens: Bool), precision: Precision
  ) {
    // A matrix of more than 512 KB in each precision, and units that do not fill the last panel.
    let fixture = LayerFixture(
      cell.0, inputs: 790, readsTokens: cell.readsTokens, hidden: 790, rows: 1, length: 1)
    for set in InstructionSet.available {
      let alone = fixture.run(set, precision)
      for threads in [2, 3, 7] {
        let shared = fixture.run(set, precision, threads: threads)
        #expect(firstDifference(shared.hidden, alone.hidden) == nil, "\(set), \(threads) threads")
        #expect(
          firstDifference(shared.float32State, alone.float32State) == nil,
          "\(set), \(threads) threads")
      }
    }
  }

  /// Compares each step with a step of the reference from the state that the kernel itself computed
  /// before it, so that errors do not accumulate.
  ///
  /// The error of a sum of k terms is at most k ulp of the sum of their magnitudes; let d be that
  /// plus 4 ulp for the activation function of the gate, whose slope is at most 1. Then the error of
  /// c_t = f c + i g is at most (|c| + 2) d, and that of h_t is d more; the error of the GRU's n is
  /// at most (2 + |m|) d, where m = U_n h + c_n, and that of h_t is 2 d more: all within
  /// (4 + max(|c|, |m|)) d. A state in bfloat16 is rounded once more, and a state that is multiplied
  /// by int8 weights to the nearest 2^-13; the reference takes the GRU's h_{t-1} from it, the kernel
  /// takes its float32 state.
  private func check(
    _ fixture: LayerFixture, _ output: LayerFixture.Output, _ kernels: Kernels,
    _ precision: Precision
  ) {
    let layer = fixture.reference(kernels, precision)
    var magnitudes = layer
    magnitudes.wx = layer.wx.map(abs)
    magnitudes.wh = layer.wh.map(abs)
    magnitudes.bx = layer.bx.map(abs)
    magnitudes.bh = layer.bh.map(abs)
    let (hidden, width) = (fixture.hidden, padded(fixture.hidden))
    var (hiddenStates, float32States) = (Comparison(), Comparison())
    let terms = Double(fixture.depth + hidden + 4)
    func rounding(_ h: Double) -> Double {
      precision == .float32 ? 0 : precision == .int8 ? 0x1p-14 : halfUlpOfBFloat16 * abs(h)
    }
    for t in 0..<fixture.length {
      for row in 0..<fixture.rows {
        let before = (t * fixture.rows + row) * width
        let after = before + fixture.rows * width
        func read(_ values: [Float], _ start: Int) -> [Double] {
          values.isEmpty
            ? Array(repeating: 0, count: hidden)
            : values[start..<start + hidden].map(Double.init)
        }
        let state = ReferenceLayer.State(
          h: read(output.hidden, before), c: read(output.float32State, before))
        let x = fixture.input(kernels, precision, t: t, row: row)
        let step = layer.step(x, from: state)
        let sums = magnitudes.step(
          x.map(abs), from: ReferenceLayer.State(h: state.h.map(abs), c: state.c))
        for unit in 0..<hidden {
          let largest = (0..<layer.cell.gates).reduce(0.0) {
            max($0, sums.fromInput[$1 * hidden + unit] + sums.fromState[$1 * hidden + unit])
          }
          let d = (terms * largest + 4) * ulp
          let bound = (4 + max(abs(state.c[unit]), largest)) * d
          let h = step.after.h[unit]
          let stateRounding = rounding(state.h[unit])
          hiddenStates.add(
            Double(output.hidden[after + unit]), h,
            bound: bound + rounding(h) + (fixture.cell == .gru ? stateRounding : 0))
          guard !output.float32State.isEmpty else { continue }
          float32States.add(
            Double(output.float32State[after + unit]),
            fixture.cell == .gru ? h : step.after.c[unit],
            bound: fixture.cell == .gru ? bound + stateRounding : bound)
        }
        for unit in hidden..<width {
          // Padding stays zero.
          hiddenStates.add(Double(output.hidden[after + unit]), 0, bound: 0)
          if !output.float32State.isEmpty {
            float32States.add(Double(output.float32State[after + unit]), 0, bound: 0)
          }
        }
      }
    }
    #expect(hiddenStates.holds, "hidden states, \(kernels.instructionSet): \(hiddenStates)")
    #expect(float32States.holds, "float32 states, \(kernels.instructionSet): \(float32States)")
  }
}

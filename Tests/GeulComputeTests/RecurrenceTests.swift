import GeulCompute
import TestSupport
import Testing

@Suite("A layer computes its formulas")
struct RecurrenceTests {
  /// Units and inputs on both sides of groups of 16 and panels of 64; rows that fill tiles of 2, 3
  /// and 6, and do not.
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

  @Test(
    "Each step follows from the step before, and the bits are the same for each instruction set",
    arguments: cases, sizes)
  func stepByStep(of cell: (CellKind, readsTokens: Bool), size: Size) {
    let trial = LayerFixture(
      cell.0, inputs: size.inputs, readsTokens: cell.readsTokens, hidden: size.hidden,
      rows: size.rows, length: size.length)
    let outcomes = InstructionSet.available.map { ($0, trial.run($0, .float32)) }
    for (set, outcome) in outcomes {
      #expect(firstDifference(outcome.hidden, outcomes[0].1.hidden) == nil, "\(set)")
      #expect(firstDifference(outcome.cells, outcomes[0].1.cells) == nil, "\(set)")
    }
    check(trial, outcomes[0].1, Kernels(.portable), .float32)
    for set in InstructionSet.available {
      check(trial, trial.run(set, .bfloat16), Kernels(set), .bfloat16)
    }
    let narrow = InstructionSet.available.map { ($0, trial.run($0, .int8)) }
    for (set, outcome) in narrow {
      #expect(firstDifference(outcome.hidden, narrow[0].1.hidden) == nil, "int8, \(set)")
      #expect(firstDifference(outcome.cells, narrow[0].1.cells) == nil, "int8, \(set)")
    }
    check(trial, narrow[0].1, Kernels(.portable), .int8)
  }

  @Test(
    "A step that pool share has the bits of one that is not shared", arguments: cases,
    Precision.allCases)
  func sharedStep(of cell: (CellKind, readsTokens: Bool), precision: Precision) {
    // A matrix of more than 512 KB in each precision, and units that fill no whole panel.
    let trial = LayerFixture(
      cell.0, inputs: 790, readsTokens: cell.readsTokens, hidden: 790, rows: 1, length: 1)
    for set in InstructionSet.available {
      let alone = trial.run(set, precision)
      for pool in [2, 3, 7] {
        let shared = trial.run(set, precision, pool: ThreadPool(pool))
        #expect(firstDifference(shared.hidden, alone.hidden) == nil, "\(set), \(pool) lanes")
        #expect(firstDifference(shared.cells, alone.cells) == nil, "\(set), \(pool) lanes")
      }
    }
  }

  /// Compares each step with the reference's step from the state that the kernel itself left before
  /// it, so that errors do not add up from step to step.
  ///
  /// A sum of k terms is off by at most k ulp of the sum of their magnitudes; let d be that and 4
  /// ulp for the function of the gate, whose slope is at most 1. Then c_t = f c + i g is off by at
  /// most (|c| + 2) d, h_t by d more; n of the GRU by (2 + |m|) d, where m = U_n h + c_n, and h_t
  /// by 2 d more: all within (4 + max(|c|, |m|)) d. A state in bfloat16 is rounded once more, and one
  /// that multiplies int8 to the nearest 2^-13; the GRU's formula here takes h_{t-1} from it, the
  /// kernel its own in float32.
  private func check(
    _ trial: LayerFixture, _ outcome: LayerFixture.StepMetrics, _ kernels: Kernels,
    _ precision: Precision
  ) {
    let layer = trial.reference(kernels, precision)
    var magnitudes = layer
    magnitudes.wx = layer.wx.map(abs)
    magnitudes.wh = layer.wh.map(abs)
    magnitudes.bx = layer.bx.map(abs)
    magnitudes.bh = layer.bh.map(abs)
    let (hidden, width) = (trial.hidden, padded(trial.hidden))
    var (ofHidden, ofCells) = (Comparison(), Comparison())
    let terms = Double(trial.depth + hidden + 4)
    func rounding(_ h: Double) -> Double {
      precision == .float32 ? 0 : precision == .int8 ? 0x1p-14 : halfUlpOfBFloat16 * abs(h)
    }
    for t in 0..<trial.length {
      for row in 0..<trial.rows {
        let before = (t * trial.rows + row) * width
        let after = before + trial.rows * width
        func read(_ values: [Float], _ start: Int) -> [Double] {
          values.isEmpty
            ? Array(repeating: 0, count: hidden)
            : values[start..<start + hidden].map(Double.init)
        }
        let state = ReferenceLayer.State(
          h: read(outcome.hidden, before), c: read(outcome.cells, before))
        let x = trial.input(kernels, precision, t: t, row: row)
        let step = layer.step(x, from: state)
        let sums = magnitudes.step(
          x.map(abs), from: ReferenceLayer.State(h: state.h.map(abs), c: state.c))
        for unit in 0..<hidden {
          let largest = (0..<trial.cell.gates).reduce(0.0) {
            max($0, sums.fromInput[$1 * hidden + unit] + sums.fromState[$1 * hidden + unit])
          }
          let d = (terms * largest + 4) * ulp
          let bound = (4 + max(abs(state.c[unit]), largest)) * d
          let h = step.after.h[unit]
          let ofState = rounding(state.h[unit])
          ofHidden.add(
            Double(outcome.hidden[after + unit]), h,
            bound: bound + rounding(h) + (trial.cell == .gru ? ofState : 0))
          guard !outcome.cells.isEmpty else { continue }
          ofCells.add(
            Double(outcome.cells[after + unit]), trial.cell == .gru ? h : step.after.c[unit],
            bound: trial.cell == .gru ? bound + ofState : bound)
        }
        for unit in hidden..<width {
          // What pads a width stays zero.
          ofHidden.add(Double(outcome.hidden[after + unit]), 0, bound: 0)
          if !outcome.cells.isEmpty {
            ofCells.add(Double(outcome.cells[after + unit]), 0, bound: 0)
          }
        }
      }
    }
    #expect(ofHidden.holds, "hidden states, \(kernels.instructionSet): \(ofHidden)")
    #expect(ofCells.holds, "cells, \(kernels.instructionSet): \(ofCells)")
  }
}

import GeulCompute
import TestSupport
import Testing

@Suite("Projection, softmax and cross-entropy, forward and back")
struct ProjectionTests {
  struct Size: CustomTestStringConvertible, Sendable {
    let (hidden, vocabulary, rows): (Int, Int, Int)
    var testDescription: String { "\(hidden) units, vocabulary \(vocabulary), \(rows) rows" }
  }

  static let sizes = [
    (7, 1, 1), (1, 2, 2), (17, 15, 3), (64, 16, 5), (15, 17, 6), (100, 64, 7), (33, 65, 13),
    (80, 200, 5), (65, 80, 131), (16, 100, 1), (770, 90, 140),
    (20, 330, 260),
  ].map { Size(hidden: $0, vocabulary: $1, rows: $2) }

  @Test("The same bits for each instruction set, wherever the operands lie", arguments: sizes)
  func sameBits(size: Size) {
    var trial = ProjectionFixture(
      hidden: size.hidden, vocabulary: size.vocabulary, rows: size.rows)
    let first = trial.run(.portable, .float32)
    for set in InstructionSet.available {
      for offset in [0, 1, 3, 16] {
        trial.offset = offset
        let outcome = trial.run(set, .float32)
        #expect(
          firstDifference(outcome.scores.flatMap(\.self), first.scores.flatMap(\.self)) == nil)
        #expect(firstDifference(outcome.losses, first.losses) == nil)
        #expect(firstDifference(outcome.dHidden, first.dHidden) == nil)
        let (a, b) = (outcome.gradients.values.array, first.gradients.values.array)
        #expect(firstDifference(a, b) == nil)
      }
    }
  }

  @Test(
    "Scores of int8 weights are exact but for the scales, and the same for each instruction set",
    arguments: sizes + [Size(hidden: 4100, vocabulary: 17, rows: 2)])
  func int8(size: Size) {
    let trial = ProjectionFixture(hidden: size.hidden, vocabulary: size.vocabulary, rows: size.rows)
    let portable = Kernels(.portable)
    let (w, b) = (trial.weights(portable, .int8), trial.biases)
    let scores = trial.scores(.portable, .int8, pool: ThreadPool(1))
    var comparison = Comparison()
    for row in 0..<size.rows {
      let state = trial.state(portable, .int8, row: row)
      let magnitudes = affine(w.map(abs), state.map(abs), b.map(abs))
      for (unit, expected) in affine(w, state, b).enumerated() {
        // The scale and the bias, and for each 2,048 terms the sum as a float and its addition: an ulp each, and one of
        // the test's own.
        let roundings = Double(3 + 2 * ((size.hidden + 2047) / 2048))
        comparison.add(
          Double(scores[row][unit]), expected, bound: roundings * ulp * magnitudes[unit])
      }
    }
    #expect(comparison.holds, "\(comparison)")
    for set in InstructionSet.available {
      #expect(trial.scores(set, .int8, pool: ThreadPool(1)) == scores)
    }
  }

  @Test("The largest sums of int8 products do not overflow", arguments: [1, -1] as [Float])
  func largestSums(sign: Float) {
    var trial = ProjectionFixture(hidden: 8192, vocabulary: 17, rows: 1)
    trial.hiddenStates = trial.hiddenStates.map { _ in sign }
    for index in 0..<trial.parameters.values.count { trial.parameters.values[index] = 0 }
    for depth in 0..<8192 {
      for unit in 0..<17 { trial.parameters[trial.weight, depth, 0, unit] = 0.5 }
    }
    for set in InstructionSet.available {
      let scores = trial.scores(set, .int8, pool: ThreadPool(1))[0]
      #expect(scores.allSatisfy { abs($0 - sign * 4096) < 4096 * 8 * Float(ulp) }, "\(set)")
    }
  }

  @Test(
    "Scores of a large vocabulary that pool share have the same bits",
    arguments: Precision.allCases)
  func shared(precision: Precision) {
    let trial = ProjectionFixture(hidden: 300, vocabulary: 2011, rows: 1)
    for set in InstructionSet.available {
      let alone = trial.scores(set, precision, pool: ThreadPool(1))
      for pool in [2, 3, 7] {
        #expect(trial.scores(set, precision, pool: ThreadPool(pool)) == alone)
      }
    }
  }

  /// With k terms to a sum, a score is off by at most e = k ulp of the sum of the terms'
  /// magnitudes.
  ///
  /// A loss, the difference of two such things, is off by 2 e and by what the sum of exponentials
  /// is off by: 3 ulp each, half an ulp of a difference of scores in the exponent, and a sixteenth
  /// of the vocabulary of additions. A gradient of a score is off by as much, times `scale`, and in
  /// bfloat16 by one rounding; products with it carry that on and add their own k ulp.
  @Test(
    "Scores, losses and gradients are Double's, within the roundings", arguments: sizes,
    Precision.trained)
  func closeToDouble(size: Size, precision: Precision) {
    let trial = ProjectionFixture(
      hidden: size.hidden, vocabulary: size.vocabulary, rows: size.rows)
    let (v, h, width) = (size.vocabulary, size.hidden, padded(size.hidden))
    for set in precision == .float32 ? [.portable] : InstructionSet.available {
      let kernels = Kernels(set)
      let outcome = trial.run(set, precision)
      var (ofScores, ofLosses) = (Comparison(), Comparison())
      var (ofHidden, ofParameters) = (Comparison(), Comparison())
      let (w, b) = (trial.weights(kernels, precision), trial.biases)
      var gradient = [Double](repeating: 0, count: v * h)
      var (gradientBound, biasGradient, biasBound) = (
        gradient, b.map { _ in 0.0 }, b.map { _ in 0.0 }
      )
      for row in 0..<size.rows {
        let state = trial.state(kernels, precision, row: row)
        let scores = affine(w, state, b)
        let magnitudes = affine(w.map(abs), state.map(abs), b.map(abs))
        let e = Double(h + 1) * ulp * (magnitudes.max() ?? 0)
        for unit in 0..<v {
          ofScores.add(Double(outcome.scores[row][unit]), scores[unit], bound: e)
        }

        let target = Int(trial.targets[row])
        let ofSoftmax = 2 * e + (Double(v) / 16 + 24) * ulp
        ofLosses.add(
          outcome.losses[row], ReferenceNetwork.nats(scores, target),
          bound: target < 0 ? 0 : ofSoftmax)

        let scale = Double(ProjectionFixture.scale)
        let d = ReferenceNetwork.natsGradient(scores, target).map { $0 * scale }
        let rounding = precision == .bfloat16 ? halfUlpOfBFloat16 : 0
        let dBound = d.map { target < 0 ? 0 : scale * ofSoftmax + rounding * abs($0) }
        for k in 0..<h {
          var (sum, bound) = (0.0, 0.0)
          for unit in 0..<v {
            let weight = w[unit * h + k]
            sum += d[unit] * weight
            bound += (dBound[unit] + Double(v) * ulp * abs(d[unit])) * abs(weight)
            gradient[unit * h + k] += d[unit] * state[k]
            gradientBound[unit * h + k] +=
              (dBound[unit] + Double(size.rows) * ulp * abs(d[unit])) * abs(state[k])
          }
          ofHidden.add(Double(outcome.dHidden[row * width + k]), sum, bound: bound)
        }
        for k in h..<width { ofHidden.add(Double(outcome.dHidden[row * width + k]), 0, bound: 0) }
        for unit in 0..<v {
          biasGradient[unit] += d[unit]
          biasBound[unit] += dBound[unit] + Double(size.rows) * ulp * abs(d[unit])
        }
      }
      for unit in 0..<v {
        let ofBias = Double(outcome.gradients[trial.bias, 0, 0, unit])
        ofParameters.add(ofBias, biasGradient[unit], bound: biasBound[unit])
        for k in 0..<h {
          ofParameters.add(
            Double(outcome.gradients[trial.weight, k, 0, unit]), gradient[unit * h + k],
            bound: gradientBound[unit * h + k])
        }
      }
      for slot in [trial.weight, trial.bias] {
        for depth in 0..<slot.depth {
          for unit in v..<slot.width {
            ofParameters.add(Double(outcome.gradients[slot, depth, 0, unit]), 0, bound: 0)
          }
        }
      }
      #expect(ofScores.holds, "scores, \(set): \(ofScores)")
      #expect(ofLosses.holds, "losses, \(set): \(ofLosses)")
      #expect(ofHidden.holds, "gradients of hidden states, \(set): \(ofHidden)")
      #expect(ofParameters.holds, "gradients of parameters, \(set): \(ofParameters)")
    }
  }

  @Test(
    "Huge scores do not overflow", arguments: InstructionSet.available, [2, 17, 65])
  func hugeScores(set: InstructionSet, vocabulary: Int) {
    for huge: Float in [100, 1e4, 1e38, 3e38] {
      var trial = ProjectionFixture(hidden: 3, vocabulary: vocabulary, rows: 2)
      for unit in 0..<vocabulary {
        trial.parameters[trial.bias, 0, 0, unit] = unit == vocabulary - 1 ? huge : -huge
      }
      trial.targets = [Int32(vocabulary - 1), 0]
      for precision in Precision.trained {
        let outcome = trial.run(set, precision)
        // All probability is the last unit's: nothing is lost where it comes, the whole distance
        // where not.
        #expect(abs(outcome.losses[0]) < 1e-6)
        #expect(abs(outcome.losses[1] / (2 * Double(huge)) - 1) < 0.1)
        #expect(outcome.gradients.values.array.allSatisfy { $0.isFinite })
        #expect(
          abs(outcome.gradients[trial.bias, 0, 0, 0] + ProjectionFixture.scale)
            <= 0.01 * ProjectionFixture.scale)
      }
    }
  }

  @Test(
    "A score that is not a number makes a loss that is none", arguments: InstructionSet.available)
  func notANumber(set: InstructionSet) {
    for place in [0, 20, 69] {
      var trial = ProjectionFixture(hidden: 3, vocabulary: 70, rows: 2)
      trial.targets = [1, 2]
      trial.parameters[trial.bias, 0, 0, place] = .nan
      for precision in Precision.trained {
        #expect(trial.run(set, precision).losses.allSatisfy { !$0.isFinite })
      }
    }
  }
}

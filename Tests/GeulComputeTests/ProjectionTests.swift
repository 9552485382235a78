import GeulCompute
import TestSupport
import Testing

/// The output projection, softmax and cross-entropy, forward and backward.
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

  @Test(arguments: sizes)
  func `results have the same bits for each instruction set and each arrangement in memory`(
    size: Size
  ) {
    var fixture = ProjectionFixture(
      hidden: size.hidden, vocabulary: size.vocabulary, rows: size.rows)
    let first = fixture.run(.portable, .float32)
    for set in InstructionSet.available {
      for arrangement in ProjectionFixture.Arrangement.allCases {
        fixture.arrangement = arrangement
        let output = fixture.run(set, .float32)
        #expect(
          firstDifference(output.logits.flatMap(\.self), first.logits.flatMap(\.self)) == nil)
        #expect(firstDifference(output.losses, first.losses) == nil)
        #expect(firstDifference(output.dHidden, first.dHidden) == nil)
        let (a, b) = (output.gradients.values.array, first.gradients.values.array)
        #expect(firstDifference(a, b) == nil)
      }
    }
  }

  @Test(arguments: sizes + [Size(hidden: 4100, vocabulary: 17, rows: 2)])
  func `logits of int8 weights are exact except for the scales, and the same everywhere`(
    size: Size
  ) {
    let fixture = ProjectionFixture(
      hidden: size.hidden, vocabulary: size.vocabulary, rows: size.rows)
    let portable = Kernels(.portable)
    let (w, b) = (fixture.weights(portable, .int8), fixture.biases)
    let logits = fixture.logits(.portable, .int8)
    var comparison = Comparison()
    for row in 0..<size.rows {
      let state = fixture.state(portable, .int8, row: row)
      let magnitudes = affine(w.map(abs), state.map(abs), b.map(abs))
      for (unit, expected) in affine(w, state, b).enumerated() {
        // An ulp each for the scale, for the bias, and for the test's own rounding, and two for
        // each 2,048 terms: their sum becomes a float and is added.
        let roundings = Double(3 + 2 * ((size.hidden + 2047) / 2048))
        comparison.add(
          Double(logits[row][unit]), expected, bound: roundings * ulp * magnitudes[unit])
      }
    }
    #expect(comparison.holds, "\(comparison)")
    for set in InstructionSet.available {
      #expect(fixture.logits(set, .int8) == logits)
    }
  }

  @Test(arguments: [1, -1] as [Float])
  func `the largest sums of int8 products do not overflow`(sign: Float) {
    var fixture = ProjectionFixture(hidden: 8192, vocabulary: 17, rows: 1)
    fixture.hiddenStates = fixture.hiddenStates.map { _ in sign }
    for index in 0..<fixture.parameters.values.count { fixture.parameters.values[index] = 0 }
    for depth in 0..<8192 {
      for unit in 0..<17 { fixture.parameters[fixture.weight, depth, 0, unit] = 0.5 }
    }
    for set in InstructionSet.available {
      let logits = fixture.logits(set, .int8)[0]
      #expect(logits.allSatisfy { abs($0 - sign * 4096) < 4096 * 8 * Float(ulp) }, "\(set)")
    }
  }

  @Test(arguments: Precision.allCases)
  func `logits of a large vocabulary have the same bits for any number of threads`(
    precision: Precision
  ) {
    let fixture = ProjectionFixture(hidden: 300, vocabulary: 2011, rows: 1)
    for set in InstructionSet.available {
      let alone = fixture.logits(set, precision)
      for threads in [2, 3, 7] {
        #expect(fixture.logits(set, precision, threads: threads) == alone)
      }
    }
  }

  /// The error of a logit, a sum of k terms, is at most e = k ulp of the sum of their magnitudes.
  ///
  /// The error of a loss, the difference of two such sums, is 2 e and the error of the sum of
  /// exponentials: 3 ulp each, half an ulp of a difference of logits in the exponent, and additions,
  /// a sixteenth of the vocabulary. A gradient of a logit has the same error times `scale`, and in
  /// bfloat16 that of one rounding; products with it pass that on and add their own k ulp.
  @Test(arguments: sizes, Precision.trainable)
  func `logits, losses and gradients match the float64 reference`(
    size: Size, precision: Precision
  ) {
    let fixture = ProjectionFixture(
      hidden: size.hidden, vocabulary: size.vocabulary, rows: size.rows)
    let (v, h, width) = (size.vocabulary, size.hidden, padded(size.hidden))
    for set in precision == .float32 ? [.portable] : InstructionSet.available {
      let kernels = Kernels(set)
      let output = fixture.run(set, precision)
      var (logitErrors, lossErrors) = (Comparison(), Comparison())
      var (hiddenErrors, parameterErrors) = (Comparison(), Comparison())
      let (w, b) = (fixture.weights(kernels, precision), fixture.biases)
      var gradient = [Double](repeating: 0, count: v * h)
      var (gradientBound, biasGradient, biasBound) = (
        gradient, b.map { _ in 0.0 }, b.map { _ in 0.0 }
      )
      for row in 0..<size.rows {
        let state = fixture.state(kernels, precision, row: row)
        let logits = affine(w, state, b)
        let magnitudes = affine(w.map(abs), state.map(abs), b.map(abs))
        let e = Double(h + 1) * ulp * (magnitudes.max() ?? 0)
        for unit in 0..<v {
          logitErrors.add(Double(output.logits[row][unit]), logits[unit], bound: e)
        }

        let target = Int(fixture.targets[row])
        let softmaxBound = 2 * e + (Double(v) / 16 + 24) * ulp
        lossErrors.add(
          output.losses[row], ReferenceNetwork.nats(logits, target),
          bound: target < 0 ? 0 : softmaxBound)

        let scale = Double(ProjectionFixture.scale)
        let d = ReferenceNetwork.lossGradient(logits, target).map { $0 * scale }
        let rounding = precision == .bfloat16 ? halfUlpOfBFloat16 : 0
        let dBound = d.map { target < 0 ? 0 : scale * softmaxBound + rounding * abs($0) }
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
          hiddenErrors.add(Double(output.dHidden[row * width + k]), sum, bound: bound)
        }
        for k in h..<width {
          hiddenErrors.add(Double(output.dHidden[row * width + k]), 0, bound: 0)
        }
        for unit in 0..<v {
          biasGradient[unit] += d[unit]
          biasBound[unit] += dBound[unit] + Double(size.rows) * ulp * abs(d[unit])
        }
      }
      for unit in 0..<v {
        let computed = Double(output.gradients[fixture.bias, 0, 0, unit])
        parameterErrors.add(computed, biasGradient[unit], bound: biasBound[unit])
        for k in 0..<h {
          parameterErrors.add(
            Double(output.gradients[fixture.weight, k, 0, unit]), gradient[unit * h + k],
            bound: gradientBound[unit * h + k])
        }
      }
      for slot in [fixture.weight, fixture.bias] {
        for depth in 0..<slot.depth {
          for unit in v..<slot.width {
            parameterErrors.add(Double(output.gradients[slot, depth, 0, unit]), 0, bound: 0)
          }
        }
      }
      #expect(logitErrors.holds, "logits, \(set): \(logitErrors)")
      #expect(lossErrors.holds, "losses, \(set): \(lossErrors)")
      #expect(hiddenErrors.holds, "gradients of hidden states, \(set): \(hiddenErrors)")
      #expect(parameterErrors.holds, "gradients of parameters, \(set): \(parameterErrors)")
    }
  }

  @Test(arguments: InstructionSet.available, [2, 17, 65])
  func `huge logits do not overflow`(set: InstructionSet, vocabulary: Int) {
    for huge: Float in [100, 1e4, 1e38, 3e38] {
      var fixture = ProjectionFixture(hidden: 3, vocabulary: vocabulary, rows: 2)
      for unit in 0..<vocabulary {
        fixture.parameters[fixture.bias, 0, 0, unit] = unit == vocabulary - 1 ? huge : -huge
      }
      fixture.targets = [Int32(vocabulary - 1), 0]
      for precision in Precision.trainable {
        let output = fixture.run(set, precision)
        // The last token has probability 1: the loss is 0 where it is the target, and the distance
        // of the logits where it is not.
        #expect(abs(output.losses[0]) < 1e-6)
        #expect(abs(output.losses[1] / (2 * Double(huge)) - 1) < 0.1)
        #expect(output.gradients.values.array.allSatisfy { $0.isFinite })
        #expect(
          abs(output.gradients[fixture.bias, 0, 0, 0] + ProjectionFixture.scale)
            <= 0.01 * ProjectionFixture.scale)
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func `a NaN among the logits makes the loss NaN or infinite`(set: InstructionSet) {
    for index in [0, 20, 69] {
      var fixture = ProjectionFixture(hidden: 3, vocabulary: 70, rows: 2)
      fixture.targets = [1, 2]
      fixture.parameters[fixture.bias, 0, 0, index] = .nan
      for precision in Precision.trainable {
        #expect(fixture.run(set, precision).losses.allSatisfy { !$0.isFinite })
      }
    }
  }
}

import GeulModel
import GeulTraining
import Testing

@Suite("ConfigurationAdvisor on the size of a network")
struct ConfigurationAdvisorTests {
  static func advice(units: Int = 1_000_000, seconds: Double = 180, rate: Double = 24e9)
    -> ConfigurationAdvisor
  {
    ConfigurationAdvisor(vocabulary: 65, units: units, seconds: seconds, rate: rate)
  }

  @Test("Three minutes of two slow cores suit two layers of some 190 units, twenty minutes 310")
  func known() {
    #expect(176...208 ~= Self.advice().hidden(Architecture()))
    #expect(280...328 ~= Self.advice(seconds: 1200).hidden(Architecture()))
  }

  @Test("More time, a faster machine and more text never advise a smaller network")
  func monotone() {
    func sizes(_ advice: (Double) -> ConfigurationAdvisor) -> [Int] {
      (0...20).map { advice(pow2($0)).hidden(Architecture()) }
    }
    for sizes in [
      sizes { Self.advice(seconds: $0) }, sizes { Self.advice(rate: 1e8 * $0) },
      sizes { Self.advice(units: Int($0)) },
    ] {
      #expect(sizes == sizes.sorted() && sizes.first == 64)
      #expect(sizes.allSatisfy { $0 % 16 == 0 && 64...1024 ~= $0 })
    }
  }

  @Test("A small text is read more often, and the more often, the more is dropped")
  func dropout() {
    let small = Self.advice(units: 60_000, seconds: 60)
    var shape = Architecture()
    shape.hidden = small.hidden(shape)
    #expect(small.epochs(shape) > 10)
    let shares = (0...30).map { small.dropout(shape, epochs: Double($0)) }
    #expect(shares == shares.sorted() && shares.first == 0 && shares.last == 0.3)
    #expect(Self.advice(units: 1 << 30).dropout(shape, epochs: 30) == 0)
  }

  private func pow2(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }
}

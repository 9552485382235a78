import GeulModel
import GeulTraining
import Testing

struct ConfigurationAdvisorTests {
  static func advisor(
    tokenCount: Int = 1_000_000, seconds: Double = 180, rate: Double = 24e9
  ) -> ConfigurationAdvisor {
    ConfigurationAdvisor(
      vocabulary: 65, tokenCount: tokenCount, seconds: seconds, multiplyAddsPerSecond: rate)
  }

  @Test func `three minutes on two slow cores suit two layers of about 190 units, twenty 310`() {
    #expect(176...208 ~= Self.advisor().hidden(Architecture()))
    #expect(280...328 ~= Self.advisor(seconds: 1200).hidden(Architecture()))
  }

  @Test func `more time, a faster machine or more text never gives a smaller network`() {
    func sizes(_ advisor: (Double) -> ConfigurationAdvisor) -> [Int] {
      (0...20).map { advisor(pow2($0)).hidden(Architecture()) }
    }
    for sizes in [
      sizes { Self.advisor(seconds: $0) }, sizes { Self.advisor(rate: 1e8 * $0) },
      sizes { Self.advisor(tokenCount: Int($0)) },
    ] {
      #expect(sizes == sizes.sorted() && sizes.first == 64)
      #expect(sizes.allSatisfy { $0 % 16 == 0 && 64...1024 ~= $0 })
    }
  }

  @Test func `a small text is read more often, and dropout grows with the number of epochs`() {
    let small = Self.advisor(tokenCount: 60_000, seconds: 60)
    var shape = Architecture()
    shape.hidden = small.hidden(shape)
    #expect(small.epochs(shape) > 10)
    let rates = (0...30).map { small.dropout(shape, epochs: Double($0)) }
    #expect(rates == rates.sorted() && rates.first == 0 && rates.last == 0.3)
    #expect(Self.advisor(tokenCount: 1 << 30).dropout(shape, epochs: 30) == 0)
  }

  @Test func `the average of the parameters is longer where dropout is high`() {
    let rates: [Float] = [0, 0.1, 0.2, 0.3]
    #expect(
      rates.map(ConfigurationAdvisor.emaDecay(dropout:)) == [0.99, 0.99, 0.998, 0.998])
  }

  private func pow2(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }
}

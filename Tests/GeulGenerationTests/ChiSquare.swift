import Foundation

/// Pearson's sum of (observed - expected)^2 / expected; what is expected fewer than five times is counted together.
func chiSquare(_ counts: [Int], _ probabilities: [Double]) -> Double {
  let total = Double(counts.reduce(0, +))
  var sum = 0.0
  var (rareCount, rareExpected) = (0.0, 0.0)
  for (count, probability) in zip(counts, probabilities) {
    let expected = total * probability
    if expected < 5 {
      rareCount += Double(count)
      rareExpected += expected
    } else {
      sum += (Double(count) - expected) * (Double(count) - expected) / expected
    }
  }
  if rareExpected > 0 {
    sum += (rareCount - rareExpected) * (rareCount - rareExpected) / rareExpected
  }
  return sum
}

/// The 99.99 % quantile of the chi-square distribution, by Wilson and Hilferty (1931).
///
/// The draws of the tests are seeded: what passes once passes always. A sampler that is wrong by 2 % in one unit of
/// probability 0.1 exceeds it at 100,000 draws.
func chiSquareLimit(freedom: Int) -> Double {
  let k = Double(freedom)
  let root = 1 - 2 / (9 * k) + 3.719 * (2 / (9 * k)).squareRoot()
  return k * root * root * root
}

import Foundation

/// Returns Pearson's statistic: the sum of (observed - expected)^2 / expected.
///
/// Categories with an expected count below 5 are merged into one.
func chiSquare(_ counts: [Int], _ probabilities: [Double]) -> Double {
  let total = Double(counts.reduce(0, +))
  var sum = 0.0
  var (mergedCount, mergedExpected) = (0.0, 0.0)
  for (count, probability) in zip(counts, probabilities) {
    let expected = total * probability
    if expected < 5 {
      mergedCount += Double(count)
      mergedExpected += expected
    } else {
      sum += (Double(count) - expected) * (Double(count) - expected) / expected
    }
  }
  if mergedExpected > 0 {
    sum += (mergedCount - mergedExpected) * (mergedCount - mergedExpected) / mergedExpected
  }
  return sum
}

/// Returns the 99.99 % quantile of the chi-square distribution (Wilson and Hilferty 1931).
///
/// The draws of the tests are seeded, so a test that passes once passes always. With 100,000 draws, a
/// relative error of 2 % in one probability of 0.1 exceeds the quantile.
func chiSquareLimit(degreesOfFreedom: Int) -> Double {
  let k = Double(degreesOfFreedom)
  let root = 1 - 2 / (9 * k) + 3.719 * (2 / (9 * k)).squareRoot()
  return k * root * root * root
}

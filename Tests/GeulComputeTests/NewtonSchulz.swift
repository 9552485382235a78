import TestSupport

/// The Newton-Schulz iteration of Muon in float64.
enum NewtonSchulz {
  /// The coefficients of the polynomials a x + b x^3 + c x^5, rounded to float32 as the kernels have
  /// them.
  static let coefficients =
    ([
      (8.38367, -24.7659, 18.3571), (4.04342, -3.01140, 0.569512),
      (3.50557, -2.62665, 0.525719), (2.49012, -1.83428, 0.436835),
    ] as [(Float, Float, Float)]).map { (a: Double($0), b: Double($1), c: Double($2)) }

  /// The range of the results for singular values from 0.003 to 1.
  ///
  /// The slope of the iteration is at most the product of all a, 296, so that a step of 1e-6 misses
  /// no extreme by more than 296 * 1e-6 / 2; the minima and maxima, where the slope is zero, by much
  /// less.
  static let range: ClosedRange<Double> = {
    let values = (3000...1_000_000).map { index in
      coefficients.reduce(Double(index) * 1e-6) { x, p in
        x * (p.a + x * x * (p.b + x * x * p.c))
      }
    }
    return (values.min() ?? 0)...(values.max() ?? 0)
  }()

  /// Returns the matrix, divided by its Frobenius norm, after the iteration on the matrix itself.
  static func orthogonalized(_ matrix: [[Double]]) -> [[Double]] {
    let norm = norm(matrix)
    var x = matrix.map { $0.map { $0 / norm } }
    for (first, second, third) in coefficients {
      let gram = product(x, transposed(x))
      let square = product(gram, gram)
      let polynomial = gram.indices.map { r in
        gram.indices.map { c in
          (r == c ? first : 0) + second * gram[r][c] + third * square[r][c]
        }
      }
      x = product(polynomial, x)
    }
    return x
  }

  /// Returns a bound of the rounding error of an entry of the kernels' result.
  ///
  /// The kernels iterate on the Gram matrix, whose rounding errors the polynomials amplify, by a
  /// factor that depends on the singular values of the matrix. Monte Carlo arithmetic (Parker 1997)
  /// measures that: the same algorithm in float64, with each result rounded at random to one of the
  /// two adjacent float32 values. The bound is the largest error of any entry in eight such runs, times
  /// sqrt(k), since the kernels round a sum of k terms k times, which go either way, and times two
  /// for the tail of the distribution.
  ///
  /// - Parameters:
  ///   - matrix: the matrix X, `[k, n]`.
  ///   - isTall: iterates on X^T X rather than X X^T, as the kernels do if the padded n is less than k.
  /// - Returns: The bound on the error of an entry.
  static func roundingError(_ matrix: [[Double]], isTall: Bool) -> Double {
    let matrix = isTall ? transposed(matrix) : matrix
    let exact = orthogonalized(matrix).joined()
    var random = SeededGenerator(seed: UInt64(matrix.count))
    var largest = 0.0
    for _ in 0..<8 {
      let rounded = orthogonalizedByGram(matrix) { stochasticallyRounded($0, &random) }.joined()
      largest = zip(rounded, exact).reduce(largest) { max($0, abs($1.0 - $1.1)) }
    }
    let terms = max(matrix.count, matrix[0].count)
    return 2 * Double(terms).squareRoot() * largest
  }

  /// Returns the matrix X after the iteration on X X^T, the algorithm of the kernels, with each result
  /// rounded by `round`.
  private static func orthogonalizedByGram(
    _ matrix: [[Double]], round: (Double) -> Double
  ) -> [[Double]] {
    func product(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
      self.product(a, b).map { $0.map(round) }
    }
    // The kernels compute one half of a product that is symmetric but for rounding, and copy it.
    func symmetric(_ matrix: [[Double]]) -> [[Double]] {
      matrix.indices.map { r in matrix.indices.map { c in matrix[min(r, c)][max(r, c)] } }
    }
    let x = matrix.map { $0.map(round) }
    let inverseNorm = round(1 / norm(x))
    let scale = round(inverseNorm * inverseNorm)
    var gram = symmetric(product(x, transposed(x)).map { $0.map { round(scale * $0) } })
    var total: [[Double]]?
    for (first, second, third) in coefficients {
      let square = product(gram, gram)
      let polynomial = symmetric(
        gram.indices.map { r in
          gram.indices.map { c in
            let sum = round(round(third * square[r][c]) + round(second * gram[r][c]))
            return r == c ? round(sum + first) : sum
          }
        })
      gram = symmetric(product(symmetric(product(polynomial, gram)), polynomial))
      total = total.map { symmetric(product(polynomial, $0)) } ?? polynomial
    }
    return product(total ?? [], x).map { $0.map { round(inverseNorm * $0) } }
  }

  /// Returns one of the two float32 values adjacent to `x`, or `x` if it is one, each with the probability that
  /// makes the expected error zero.
  private static func stochasticallyRounded(
    _ x: Double, _ random: inout SeededGenerator
  ) -> Double {
    let nearest = Float(x)
    let error = x - Double(nearest)
    guard error != 0 else { return x }
    let other = error > 0 ? nearest.nextUp : nearest.nextDown
    let distance = abs(Double(other) - Double(nearest))
    return Double(
      Double.random(in: 0..<1, using: &random) * distance < abs(error) ? other : nearest)
  }

  /// Returns the Frobenius norm.
  private static func norm(_ matrix: [[Double]]) -> Double {
    matrix.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  private static func transposed(_ matrix: [[Double]]) -> [[Double]] {
    matrix[0].indices.map { column in matrix.map { $0[column] } }
  }

  private static func product(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
    let columns = b[0].count
    return a.map { row in
      var sum = [Double](repeating: 0, count: columns)
      for (factor, terms) in zip(row, b) {
        for column in 0..<columns { sum[column] += factor * terms[column] }
      }
      return sum
    }
  }
}

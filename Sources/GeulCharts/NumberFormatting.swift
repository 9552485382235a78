internal import Foundation

/// To base 10.
func logarithm(_ x: Double) -> Double { log10(x) }

/// 10 to the power of x.
func power(_ x: Double) -> Double { pow(10, x) }

public import ArgumentParser
import Foundation
public import Geul

/// With what to compute.
struct MachineOptions: ParsableArguments {
  @Option(help: "Threads to work with (default: all processors, or GEUL_THREADS).")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024 ~= threads) {
      throw ValidationError("--threads must be from 1 to 1024, not \(threads).")
    }
  }

  /// The threads.
  var lanes: Lanes {
    let environment = ProcessInfo.processInfo.environment["GEUL_THREADS"].flatMap(Int.init)
    let count = threads ?? environment ?? ProcessInfo.processInfo.activeProcessorCount
    return Lanes(min(1024, max(1, count)))
  }

  /// The kernels of the instruction set that GEUL_ISA names, or the best one.
  var kernels: Kernels {
    get throws { Kernels(try InstructionSet.chosen()) }
  }
}

extension Cell: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension TextUnit: ExpressibleByArgument {}
extension NormalForm: ExpressibleByArgument {}
extension InvalidBytes: ExpressibleByArgument {}

/// Throws unless `value` is in `range`: flag, rule, value.
func check<Value: Comparable>(
  _ flag: String, _ value: Value?, in range: ClosedRange<Value>
) throws {
  guard let value, !range.contains(value) else { return }
  throw ValidationError(
    "\(flag) must be from \(range.lowerBound) to \(range.upperBound), not \(value).")
}

public import ArgumentParser
import Foundation
public import Geul

/// Options that choose threads and kernels.
struct MachineOptions: ParsableArguments {
  @Option(help: "Number of threads (default: GEUL_THREADS, or all processors).")
  var threads: Int?

  func validate() throws {
    try check("--threads", threads, in: 1...1024)
    if let text = Self.environment, !(Int(text).map { 1...1024 ~= $0 } ?? false) {
      throw ValidationError("GEUL_THREADS must be a number from 1 to 1024, not \(text).")
    }
  }

  /// The value of GEUL_THREADS; nil if it is unset or empty.
  private static var environment: String? {
    ProcessInfo.processInfo.environment["GEUL_THREADS"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The kernels of the instruction set in GEUL_ISA, by default the fastest of this machine, and the threads.
  var context: ComputeContext {
    get throws { try ComputeContext(threads: threads) }
  }
}

extension CellKind: ExpressibleByArgument {}
extension Activation: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension Optimizer.Kind: ExpressibleByArgument {}
extension TokenUnit: ExpressibleByArgument {}
extension NormalForm: ExpressibleByArgument {}
extension InvalidBytePolicy: ExpressibleByArgument {}

/// Throws a `ValidationError` with flag, range and value unless `value` is nil or in `range`.
func check<Value: Comparable>(
  _ flag: String, _ value: Value?, in range: ClosedRange<Value>
) throws {
  guard let value, !range.contains(value) else { return }
  throw ValidationError(
    "\(flag) must be from \(range.lowerBound) to \(range.upperBound), not \(value).")
}

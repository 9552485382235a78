public import ArgumentParser
import Foundation
public import Geul

/// Options that choose threads and kernels.
struct MachineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Number of threads (default: GEUL_THREADS, or all processors).", valueName: "n"))
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

  /// The threads, and the kernels of the instruction set that GEUL_ISA names (default: the fastest of this machine).
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

/// Returns a seed that differs from call to call.
func randomSeed() -> UInt64 { UInt64.random(in: 0..<1 << 32) }

/// Throws a `ValidationError` with flag, range and value unless `value` is nil or in `range`.
func check<Value: Comparable>(
  _ flag: String, _ value: Value?, in range: ClosedRange<Value>
) throws {
  guard let value, !range.contains(value) else { return }
  throw ValidationError(
    "\(flag) must be from \(range.lowerBound) to \(range.upperBound), not \(value).")
}

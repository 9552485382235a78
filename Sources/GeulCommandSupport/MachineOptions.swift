public import ArgumentParser
public import Geul
import PortableFoundation
import Synchronization

/// Options that choose threads and kernels.
package struct MachineOptions: ParsableArguments {
  @Option(
    help: .advanced(
      "Number of threads (default: GEUL_THREADS, or the available processors).", valueName: "n"))
  package var threads: Int?

  package init() {}

  package func validate() throws {
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
  package var context: ComputeContext {
    get throws { try makeContext() }
  }

  /// Returns the `context`, and notes once if the system could not start all threads.
  package func makeContext(note: (String) -> Void = Output.note) throws -> ComputeContext {
    let context = try ComputeContext(threads: threads)
    if let shortage = context.pool.shortage,
      !Self.hasNotedShortage.exchange(true, ordering: .relaxed)
    {
      note(
        "Only \(shortage.started) of \(quantity(shortage.requested, "thread")) could be started (\(shortage.reason)):"
          + " a limit on processes (ulimit -u, pids.max) or memory is reached."
          + " Continuing with \(quantity(shortage.started, "thread")); results do not depend on the number."
      )
    }
    return context
  }

  private static let hasNotedShortage = Atomic(false)
}

extension CellKind: ExpressibleByArgument {}
extension Activation: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension Optimizer.Kind: ExpressibleByArgument {}
extension TrainingConfiguration.NGramChoice: ExpressibleByArgument {}
extension TokenUnit: ExpressibleByArgument {}
extension NormalForm: ExpressibleByArgument {}
extension InvalidBytePolicy: ExpressibleByArgument {}
extension ModelPage.WeightFormat: ExpressibleByArgument {}
extension Language: ExpressibleByArgument {}

/// Returns a seed that differs from call to call.
package func randomSeed() -> UInt64 { UInt64.random(in: 0..<1 << 32) }

/// Throws a `ValidationError` with flag, range and value unless `value` is nil or in `range`.
package func check<Value: Comparable>(
  _ flag: String, _ value: Value?, in range: ClosedRange<Value>
) throws {
  guard let value, !range.contains(value) else { return }
  throw ValidationError(
    "\(flag) must be from \(range.lowerBound) to \(range.upperBound), not \(value).")
}

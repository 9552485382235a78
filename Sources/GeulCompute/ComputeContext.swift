/// The kernels of an instruction set and the threads to run them on.
///
/// ```swift
/// let context = try ComputeContext()                    // the best instruction set, all processors
/// let small = ComputeContext(Kernels(.avx2), threads: 1)
/// ```
///
/// Float32 and int8 results do not depend on either.
public struct ComputeContext: Sendable {
  /// The kernels.
  public let kernels: Kernels
  /// The threads.
  public let pool: ThreadPool

  /// The elements that a thread processes at a time; fixed, because the order of sums depends on it.
  static let chunkSize = 16384

  /// Creates a context of given kernels and threads.
  public init(_ kernels: Kernels, pool: ThreadPool) {
    self.kernels = kernels
    self.pool = pool
  }

  /// Creates a context of given kernels with a number of threads of its own.
  public init(_ kernels: Kernels, threads: Int = 1) {
    self.init(kernels, pool: ThreadPool(threads))
  }

  /// Creates a context for this machine.
  ///
  /// - Parameter threads: the number of threads; nil for `GEUL_THREADS`, else all processors.
  /// - Throws: `InstructionSetError` if `GEUL_ISA` names an instruction set that is not available.
  public init(threads: Int? = nil) throws(InstructionSetError) {
    self.init(Kernels(try InstructionSet.chosen()), threads: threads ?? ThreadPool.defaultCount)
  }

  /// The same kernels on the calling thread alone.
  public var singleThreaded: ComputeContext { ComputeContext(kernels, threads: 1) }

  /// The name of the instruction set.
  public var instructionSet: InstructionSet { kernels.instructionSet }
}

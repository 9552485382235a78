/// The kernels of an instruction set and the threads that run them.
///
/// ```swift
/// let context = try ComputeContext()                    // the best instruction set, all available processors
/// let small = ComputeContext(Kernels(.avx2), threads: 1)
/// ```
///
/// In float32 and int8, results do not depend on the instruction set or the number of threads.
public struct ComputeContext: Sendable {
  /// The kernels.
  public let kernels: Kernels
  /// The thread pool.
  public let pool: ThreadPool

  /// The number of elements that a job processes; fixed, because the order of sums depends on it.
  static let chunkSize = 16384

  /// Creates a context with a thread pool.
  public init(_ kernels: Kernels, pool: ThreadPool) {
    self.kernels = kernels
    self.pool = pool
  }

  /// Creates a context with a new pool of `threads` threads.
  public init(_ kernels: Kernels, threads: Int = 1) {
    self.init(kernels, pool: ThreadPool(threads))
  }

  /// Creates a context with the fastest instruction set of this machine, or the one that `GEUL_ISA` names.
  ///
  /// - Parameter threads: The number of threads; nil for that of `GEUL_THREADS`, otherwise one per available processor.
  /// - Throws: `InstructionSetError` if `GEUL_ISA` names an instruction set that is not available.
  public init(threads: Int? = nil) throws(InstructionSetError) {
    self.init(Kernels(try InstructionSet.chosen()), threads: threads ?? ThreadPool.defaultCount)
  }

  /// A context with the same kernels that uses only the calling thread.
  public var singleThreaded: ComputeContext { ComputeContext(kernels, threads: 1) }

  /// The instruction set of the kernels.
  public var instructionSet: InstructionSet { kernels.instructionSet }
}

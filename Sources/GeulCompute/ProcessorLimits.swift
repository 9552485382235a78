import CGeulKernels

/// The processors that this process may use.
package enum ProcessorLimits {
  /// The number of processors of the affinity mask, or the processor time of the control groups (rounded up) if that
  /// is less; at least 1.
  package static var availableCount: Int {
    availableCount(affinity: affinityCount, quota: ControlGroups.current.processorQuota)
  }

  /// Returns the smaller of a number of processors and a quota in processors, which is rounded up; at least 1.
  package static func availableCount(affinity: Int, quota: Double?) -> Int {
    guard let quota, quota < Double(affinity) else { return max(1, affinity) }
    return max(1, Int(quota.rounded(.up)))
  }

  /// The number of processors in this thread's affinity mask (`taskset`, cpusets); on systems without masks, the
  /// number of processors online.
  package static var affinityCount: Int {
    geul_processor_count()
  }
}

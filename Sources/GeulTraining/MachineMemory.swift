package import GeulCompute
internal import PortableFoundation

/// The memory of this machine.
public enum MachineMemory {
  /// The memory available to this process in bytes: physical memory, or a lower limit of a control group (a container,
  /// systemd, Slurm) or of the shell (`ulimit -v`, `ulimit -d`).
  public static var limit: Int {
    limit(
      physical: Int(clamping: ProcessInfo.processInfo.physicalMemory), groups: .current,
      resources: [resourceLimit(RLIMIT_AS), resourceLimit(RLIMIT_DATA)])
  }

  /// Returns the least of the limits in bytes: of the machine, of the control groups, and of `resources` (`ulimit`), where
  /// nil stands for none.
  package static func limit(physical: Int, groups: ControlGroups, resources: [Int?]) -> Int {
    (resources + [groups.memoryLimit]).compactMap { $0 }.reduce(physical, min)
  }

  #if canImport(Darwin)
  private typealias Resource = Int32
  #else
  private typealias Resource = __rlimit_resource
  #endif

  /// The soft limit of a resource, which is larger than any memory if none is set; nil if it cannot be read.
  private static func resourceLimit(_ resource: Resource) -> Int? {
    var limit = rlimit()
    #if canImport(Darwin)
    let result = unsafe getrlimit(resource, &limit)
    #else
    let result = unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
    #endif
    return result == 0 ? Int(clamping: limit.rlim_cur) : nil
  }
}

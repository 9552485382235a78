internal import Foundation

/// The memory of this machine.
public enum MachineMemory {
  /// The memory available to this process in bytes: physical memory, or a lower limit of the container or the shell.
  public static var limit: Int {
    var limits = [Int(clamping: ProcessInfo.processInfo.physicalMemory)]
    // Control groups, version 2 and version 1.
    for path in [
      "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ] {
      let text = try? String(contentsOfFile: path, encoding: .utf8)
      if let limit = text.flatMap({ Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) {
        limits.append(limit)
      }
    }
    var addressSpace = rlimit()
    if unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &addressSpace) == 0 {
      limits.append(Int(clamping: addressSpace.rlim_cur))
    }
    return limits.min() ?? .max
  }
}

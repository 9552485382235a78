import Foundation

/// The memory of this machine.
enum MachineMemory {
  /// What a process may use, in bytes: the machine's own, or less where a limit of a container or of the shell says so.
  static var limit: Int {
    var limits = [Int(clamping: ProcessInfo.processInfo.physicalMemory)]
    // Control groups, of the second version and of the first.
    for path in [
      "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ] {
      let text = try? String(contentsOfFile: path, encoding: .utf8)
      if let limit = text.flatMap({ Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) {
        limits.append(limit)
      }
    }
    var shell = rlimit()
    if unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &shell) == 0 {
      limits.append(Int(clamping: shell.rlim_cur))
    }
    return limits.min() ?? .max
  }
}

/// Bytes as a person says them: `58 MB`, `1.3 GB`.
func bytes(_ count: Int) -> String {
  switch count {
  case ..<1_000_000: "\((count + 999) / 1000) kB"
  case ..<1_000_000_000: "\(Int((Double(count) / 1e6).rounded())) MB"
  default: "\(number(Double(count) / 1e9, 1)) GB"
  }
}

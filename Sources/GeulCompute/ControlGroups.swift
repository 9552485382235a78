internal import PortableFoundation

/// The control groups (cgroups) of a process of Linux, version 1 and version 2, and their limits.
///
/// A limit of any group on the path from the process to the root applies to the process. Containers, systemd and batch
/// systems such as Slurm set limits at different levels of it.
package struct ControlGroups: Sendable {
  /// The lowest memory limit in bytes; nil if there is none.
  ///
  /// Above `memory.high` the system slows a process down until it stands still, so it counts as a limit.
  package let memoryLimit: Int?
  /// The lowest quota of processor time, in processors; nil if there is none.
  package let processorQuota: Double?

  /// A hierarchy of groups.
  private struct Hierarchy {
    /// The controllers of a hierarchy of version 1; nil for version 2.
    let controllers: [String]?
    /// The directories of the process's group and its parents, up to the mount point.
    let directories: [String]

    func has(_ controller: String) -> Bool { controllers?.contains(controller) ?? true }
  }

  /// The control groups of this process; without any if the system has none.
  package static var current: ControlGroups { ControlGroups(root: "") }

  /// Reads the control groups of this process from `/proc/self/cgroup` and `/proc/self/mountinfo`.
  ///
  /// - Parameter root: The directory that contains `proc` and `sys`; empty for the root directory.
  package init(root: String) {
    let groups = Self.groups(in: Self.text("\(root)/proc/self/cgroup") ?? "")
    let mounts = Self.mounts(in: Self.text("\(root)/proc/self/mountinfo") ?? "")
    let hierarchies: [Hierarchy] = mounts.compactMap { mount in
      let group = groups.first { group in
        guard let controllers = mount.controllers else { return group.controllers == nil }
        return group.controllers?.contains { controllers.contains($0) } ?? false
      }
      guard let group else { return nil }
      return Hierarchy(
        controllers: group.controllers,
        directories: Self.directories(of: group.path, in: mount).map { root + $0 })
    }
    memoryLimit = Self.memoryLimit(of: hierarchies)
    processorQuota = Self.processorQuota(of: hierarchies)
  }

  private static func memoryLimit(of hierarchies: [Hierarchy]) -> Int? {
    var limits: [Int] = []
    for hierarchy in hierarchies where hierarchy.has("memory") {
      let isVersion1 = hierarchy.controllers != nil
      for directory in hierarchy.directories {
        let files =
          isVersion1 ? ["memory.limit_in_bytes"] : ["memory.max", "memory.high"]
        limits += files.compactMap { text("\(directory)/\($0)").flatMap(number) }
      }
      // Includes the limits of parents that are not mounted.
      if isVersion1, let directory = hierarchy.directories.first,
        let statistics = text("\(directory)/memory.stat")
      {
        limits += statistics.split(separator: "\n").compactMap { line in
          let words = line.split(separator: " ")
          return words.first == "hierarchical_memory_limit" && words.count == 2
            ? number(String(words[1])) : nil
        }
      }
    }
    return limits.min()
  }

  private static func processorQuota(of hierarchies: [Hierarchy]) -> Double? {
    var quotas: [Double] = []
    for hierarchy in hierarchies where hierarchy.has("cpu") {
      for directory in hierarchy.directories {
        let words: [Substring]
        if hierarchy.controllers == nil {
          // Two words: the quota, or "max", and the period in microseconds.
          words = (text("\(directory)/cpu.max") ?? "").split { $0.isWhitespace }
        } else {
          // A quota of -1 stands for none.
          words = ["cpu.cfs_quota_us", "cpu.cfs_period_us"].flatMap {
            (text("\(directory)/\($0)") ?? "").split { $0.isWhitespace }
          }
        }
        guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]),
          quota > 0, period > 0
        else { continue }
        quotas.append(quota / period)
      }
    }
    return quotas.min()
  }

  // MARK: Parsing

  /// A line of `/proc/self/cgroup`.
  private struct Group {
    /// The controllers of a hierarchy of version 1; nil for version 2.
    let controllers: [String]?
    let path: String
  }

  /// Parses `/proc/self/cgroup`: lines such as `4:cpu,cpuacct:/a/b` (version 1) and `0::/a/b` (version 2).
  private static func groups(in text: String) -> [Group] {
    text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return nil }
      let controllers = fields[1].split(separator: ",").map(String.init)
      return Group(
        controllers: controllers.isEmpty ? nil : controllers, path: String(fields[2]))
    }
  }

  /// A mounted hierarchy.
  private struct Mount {
    /// The controllers, among other options, of a hierarchy of version 1; nil for version 2.
    let controllers: [String]?
    /// The group that is visible at `point`.
    let root: String
    let point: String
  }

  /// Parses `/proc/self/mountinfo`: the fourth field is the root, the fifth the mount point, and after a dash follow
  /// the file system, its source, and its options.
  private static func mounts(in text: String) -> [Mount] {
    text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ", omittingEmptySubsequences: false)
      guard let dash = fields.firstIndex(of: "-"), dash >= 5, fields.count > dash + 3 else {
        return nil
      }
      let kind = fields[dash + 1]
      guard kind == "cgroup" || kind == "cgroup2" else { return nil }
      return Mount(
        controllers: kind == "cgroup2"
          ? nil : fields[dash + 3].split(separator: ",").map(String.init),
        root: unescaped(fields[3]), point: unescaped(fields[4]))
    }
  }

  /// Replaces the octal escapes of `mountinfo`: `\040` stands for a space.
  private static func unescaped(_ field: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(field.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3,
        let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Returns the directories of a group and its parents up to the mount point; only the latter if the group is not
  /// below the root of the mount, as in a container that sees the host's paths.
  private static func directories(of path: String, in mount: Mount) -> [String] {
    var names = path.split(separator: "/")
    let root = mount.root.split(separator: "/")
    if names.contains("..") || !names.starts(with: root) {
      names = []
    } else {
      names.removeFirst(root.count)
    }
    let point = mount.point == "/" ? "" : mount.point
    return (0...names.count).reversed().map { count in
      ([point] + names.prefix(count).map(String.init)).joined(separator: "/")
    }
  }

  private static func text(_ path: String) -> String? {
    // The size of these files is unknown until they are read.
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Parses a number of bytes; nil for `max`, and for a number that is too large for `Int`.
  private static func number(_ text: String) -> Int? {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 1, let number = Int(words[0]), number >= 0 else { return nil }
    return number
  }
}

import GeulCompute
import TestSupport
import Testing

/// Limits of control groups, read from a copy of `/proc` and `/sys` in a temporary folder.
struct ControlGroupsTests {
  private static let version2 = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n"

  /// Writes files below a folder, which becomes the root directory of `ControlGroups`.
  private func groups(
    _ cgroup: String, mounts: String, _ files: [String: String] = [:]
  ) throws -> ControlGroups {
    let folder = try Folder()
    try folder.write(cgroup, to: "proc/self/cgroup")
    try folder.write(mounts, to: "proc/self/mountinfo")
    for (path, text) in files { try folder.write(text + "\n", to: "sys/fs/cgroup/" + path) }
    return ControlGroups(root: folder.path)
  }

  @Test func `a limit of a parent applies, and max is none`() throws {
    let groups = try groups(
      "0::/user.slice/job.scope/step\n", mounts: Self.version2,
      [
        "user.slice/memory.max": "max", "user.slice/job.scope/memory.max": "300000000",
        "user.slice/job.scope/step/memory.max": "max", "user.slice/cpu.max": "150000 100000",
        "user.slice/job.scope/cpu.max": "max 100000",
      ])
    #expect(groups.memoryLimit == 300_000_000)
    #expect(groups.processorQuota == 1.5)
  }

  @Test func `the lowest limit of the path applies, and memory.high is one`() throws {
    let groups = try groups(
      "0::/a/b\n", mounts: Self.version2,
      [
        "memory.max": "900", "a/memory.max": "500", "a/b/memory.max": "700",
        "a/b/memory.high": "400",
        "a/cpu.max": "400000 100000", "a/b/cpu.max": "50000 100000", "other/memory.max": "1",
      ])
    #expect(groups.memoryLimit == 400)
    #expect(groups.processorQuota == 0.5)
  }

  @Test func `version 1 and version 2 are mounted side by side`() throws {
    let groups = try groups(
      "12:memory:/slurm/job_1\n5:cpu,cpuacct:/slurm\n1:name=systemd:/init.scope\n0::/init.scope\n",
      mounts: """
        30 20 0:26 / /sys/fs/cgroup rw shared:9 - tmpfs tmpfs rw
        31 30 0:27 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw
        32 30 0:28 / /sys/fs/cgroup/memory rw shared:11 master:2 - cgroup cgroup rw,memory
        33 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct

        """,
      [
        "memory/memory.limit_in_bytes": "9223372036854771712",
        "memory/slurm/memory.limit_in_bytes": "2000000000",
        "memory/slurm/job_1/memory.limit_in_bytes": "9223372036854771712",
        "memory/slurm/job_1/memory.stat": "cache 5\nhierarchical_memory_limit 1500000000\n",
        "cpu,cpuacct/cpu.cfs_quota_us": "-1", "cpu,cpuacct/cpu.cfs_period_us": "100000",
        "cpu,cpuacct/slurm/cpu.cfs_quota_us": "250000",
        "cpu,cpuacct/slurm/cpu.cfs_period_us": "100000",
      ])
    #expect(groups.memoryLimit == 1_500_000_000)
    #expect(groups.processorQuota == 2.5)
  }

  @Test func `in a namespace the limit is that of the mount point`() throws {
    let files = ["memory.max": "123456", "cpu.max": "200000 100000"]
    for (path, root) in [
      ("/", "/"), ("/docker/abc", "/docker/abc"), ("/../other", "/"), ("/x", "/y"),
    ] {
      let groups = try groups(
        "0::\(path)\n", mounts: "31 23 0:28 \(root) /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", files
      )
      #expect(groups.memoryLimit == 123456, "\(path)")
      #expect(groups.processorQuota == 2, "\(path)")
    }
  }

  @Test func `paths may contain spaces, colons and backslashes`() throws {
    let groups = try groups(
      "0::/my slice/a:b\n",
      mounts: #"31 23 0:28 / /sys/fs/cgroup/my\040mount\134x rw - cgroup2 none rw"#,
      [
        #"my mount\x/my slice/a:b/memory.max"#: "77",
        #"my mount\x/my slice/cpu.max"#: "1000 100000",
      ])
    #expect(groups.memoryLimit == 77)
    #expect(groups.processorQuota == 0.01)
  }

  @Test func `missing and malformed files are no limit`() throws {
    for (cgroup, mounts) in [
      ("", ""), ("0::/a\n", Self.version2), ("0::/a\n", ""),
      ("nonsense\n0::", "x - cgroup2\n- - -\n"),
    ] {
      let groups = try groups(
        cgroup, mounts: mounts, ["a/memory.max": "twelve", "cpu.max": "", "a/cpu.max": "0 0"])
      #expect(groups.memoryLimit == nil && groups.processorQuota == nil)
    }
    let none = ControlGroups(root: try Folder().file("missing"))
    #expect(none.memoryLimit == nil && none.processorQuota == nil)
  }

  @Test func `the number of threads is the affinity or the quota, rounded up`() {
    for (affinity, quota, count) in [
      (8, nil, 8), (8, 1.5, 2), (8, 0.01, 1), (2, 6, 2), (0, nil, 1), (3, 3, 3),
    ] as [(Int, Double?, Int)] {
      #expect(ProcessorLimits.availableCount(affinity: affinity, quota: quota) == count)
    }
    #expect(ProcessorLimits.affinityCount >= 1)
  }
}

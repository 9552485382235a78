import GeulCompute
import GeulTraining
import TestSupport
import Testing

struct MachineMemoryTests {
  @Test func `the limit is the least of the machine's, the control groups' and the shell's`() throws
  {
    let folder = try Folder()
    try folder.write("0::/job/step\n", to: "proc/self/cgroup")
    try folder.write(
      "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", to: "proc/self/mountinfo")
    try folder.write("5000\n", to: "sys/fs/cgroup/job/memory.max")
    let groups = ControlGroups(root: folder.path)
    func limit(_ physical: Int, _ resources: [Int?]) -> Int {
      MachineMemory.limit(physical: physical, groups: groups, resources: resources)
    }
    #expect(limit(9000, [.max, nil]) == 5000)
    #expect(limit(4000, [.max, .max]) == 4000)
    #expect(limit(9000, [3000, .max]) == 3000)
    #expect(limit(9000, [nil, 2000]) == 2000)
  }

  @Test func `the limit of this machine is positive`() {
    #expect(MachineMemory.limit > 0)
  }
}

import Foundation
import TesseraCore
import Testing

/// Control groups as systems show them, in a temporary folder.
@Suite struct ProcessorQuotaTests {
  private static let version1Mount =
    "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:5 - cgroup cgroup rw,cpu,cpuacct"
  private static let version2Mount = "32 31 0:29 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate"

  /// What is found where these lines and files stand; names of files are below `/sys/fs/cgroup`.
  private func quota(groups: [String], mounts: [String], _ files: [String: String] = [:]) throws -> Double? {
    let root = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: root) }
    func write(_ text: String, _ path: String) throws {
      let url = URL(filePath: root + path)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    try write(groups.map { $0 + "\n" }.joined(), "/proc/self/cgroup")
    try write(mounts.map { $0 + "\n" }.joined(), "/proc/self/mountinfo")
    for (path, text) in files { try write(text + "\n", "/sys/fs/cgroup" + path) }
    return ProcessorQuota.found(root: root)
  }

  /// Version 1: quota and period of a group.
  private func files(_ folder: String, _ time: Int, _ period: Int = 100_000) -> [String: String] {
    ["/cpu\(folder)/cpu.cfs_quota_us": "\(time)", "/cpu\(folder)/cpu.cfs_period_us": "\(period)"]
  }

  @Test func versionOne() throws {
    let groups = ["11:memory:/elsewhere", "4:cpu,cpuacct:/docker/abc", "1:name=systemd:/docker/abc", "0::/docker/abc"]
    func found(_ files: [String: String]) throws -> Double? {
      try quota(groups: groups, mounts: [Self.version1Mount], files)
    }
    #expect(try found([:]) == nil)
    #expect(try found(files("", -1)) == nil)
    #expect(try found(files("/docker/abc", 150_000)) == 1.5)
    #expect(try found(files("/docker/abc", 50_000, 200_000)) == 0.25)
    // The least on the way to the root.
    let nested = files("/docker/abc", 300_000).merging(files("/docker", 200_000)) { $1 }
    #expect(try found(nested.merging(files("", -1)) { $1 }) == 2)
    // Another group's.
    #expect(try found(files("/docker/abd", 100_000)) == nil)
  }

  @Test func versionTwo() throws {
    func found(_ files: [String: String], group: String = "0::/user.slice/job") throws -> Double? {
      try quota(groups: [group], mounts: ["21 1 8:1 / / rw - ext4 /dev/sda rw", Self.version2Mount], files)
    }
    #expect(try found([:]) == nil)
    #expect(try found(["/user.slice/job/cpu.max": "max 100000"]) == nil)
    #expect(try found(["/user.slice/job/cpu.max": "100000 100000"]) == 1)
    #expect(try found(["/user.slice/cpu.max": "250000 100000", "/user.slice/job/cpu.max": "max 100000"]) == 2.5)
    // A container sees its own group as the root of all.
    #expect(try found(["/cpu.max": "120000 100000"], group: "0::/") == 1.2)
    #expect(try found(["/cpu.max": "120000 100000"], group: "0::/../../job") == 1.2)
  }

  @Test("A mount may show a part of the hierarchy, and in a folder with a blank in its name")
  func partsOfHierarchies() throws {
    let mount = "32 31 0:29 /docker/abc /sys/fs/cgroup/a\\040cpu ro - cgroup cgroup rw,cpuacct,cpu"
    let files = ["/a cpu/cpu.cfs_quota_us": "70000", "/a cpu/cpu.cfs_period_us": "100000"]
    #expect(try quota(groups: ["4:cpuacct,cpu:/docker/abc"], mounts: [mount], files) == 0.7)
    // The group as the host sees it, which is not below what is mounted.
    #expect(try quota(groups: ["4:cpu:/docker/abcdef"], mounts: [mount], files) == 0.7)
    let inner = [
      "/a cpu/inner/cpu.cfs_quota_us": "30000", "/a cpu/inner/cpu.cfs_period_us": "100000",
    ]
    #expect(try quota(groups: ["4:cpu:/docker/abc/inner"], mounts: [mount], files.merging(inner) { $1 }) == 0.3)
  }

  @Test("Both versions at a time: the lesser counts")
  func hybrid() throws {
    let unified = "33 31 0:39 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"
    let found = try quota(
      groups: ["4:cpu:/job", "0::/job"], mounts: [Self.version1Mount, unified],
      files("/job", 300_000).merging(["/unified/job/cpu.max": "200000 100000"]) { $1 })
    #expect(found == 2)
  }

  @Test(arguments: ["", "max", "100000", "x 100000", "0 100000", "100000 0", "-1 100000", "nan 1", "inf 1", "1 2 3"])
  func senselessFilesAreNoQuota(text: String) throws {
    #expect(try quota(groups: ["0::/"], mounts: [Self.version2Mount], ["/cpu.max": text]) == nil)
  }

  @Test func senselessLinesAreNoQuota() throws {
    let groups = ["", ":", "::", "0::", "0::relative", "4:cpu", "x"]
    let mounts = ["", " - ", "32 31 0:29 / /sys/fs/cgroup rw", "1 - cgroup2 cgroup2 rw", "1 2 3 4 5 6 - cgroup2"]
    #expect(try quota(groups: groups, mounts: mounts, ["/cpu.max": "100000 100000"]) == nil)
    #expect(ProcessorQuota.found(root: "/there/is/none") == nil)
  }

  @Test("Threads are the quota rounded up, at least one, and no more than processors")
  func usableProcessors() {
    func usable(_ quota: Double?) -> Int { ProcessorCount.usable(available: 4, quota: quota) }
    #expect(usable(nil) == 4 && usable(4) == 4 && usable(64) == 4 && usable(1e300) == 4)
    #expect(usable(3.01) == 4 && usable(3) == 3 && usable(1.5) == 2 && usable(1) == 1)
    #expect(usable(0.25) == 1 && usable(1e-300) == 1)
    #expect((1...ProcessorCount.available).contains(ProcessorCount.usable))
  }
}

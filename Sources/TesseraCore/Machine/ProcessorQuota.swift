/// How much processor time the control groups of this process allow it, in processors.
///
/// A container with a quota still sees all of its host's processors. Threads beyond the quota only bring forward the
/// moment when all of them are stopped until the period ends.
package enum ProcessorQuota {
  /// The least quota of the process's own groups and of their parents, version 1 (`cpu.cfs_quota_us` over
  /// `cpu.cfs_period_us`) and version 2 (`cpu.max`); nil where there is none. `root` stands before every path, for
  /// tests.
  package static func found(root: String = "") -> Double? {
    let groups = lines(of: root + "/proc/self/cgroup", limit: 100).compactMap(Group.init)
    let mounts = lines(of: root + "/proc/self/mountinfo", limit: 10_000).compactMap(Mount.init)
    var least: Double?
    for group in groups {
      for mount in mounts where mount.shows(group) {
        for folder in mount.folders(of: group) {
          let path = root + folder
          guard let quota = group.isUnified ? quota(ofVersion2: path) : quota(ofVersion1: path) else { continue }
          least = min(least ?? quota, quota)
        }
      }
    }
    return least
  }

  /// "200000 100000", or "max 100000" where there is no limit.
  private static func quota(ofVersion2 folder: String) -> Double? {
    let parts = firstLine(of: folder + "/cpu.max").map { $0.split(separator: " ") } ?? []
    guard parts.count == 2, let time = Double(parts[0]), let period = Double(parts[1]) else { return nil }
    return ratio(time, period)
  }

  /// Two files; a quota of −1 is none.
  private static func quota(ofVersion1 folder: String) -> Double? {
    guard let time = firstLine(of: folder + "/cpu.cfs_quota_us").flatMap(Double.init),
      let period = firstLine(of: folder + "/cpu.cfs_period_us").flatMap(Double.init)
    else { return nil }
    return ratio(time, period)
  }

  private static func ratio(_ time: Double, _ period: Double) -> Double? {
    time > 0 && period > 0 && (time / period).isFinite ? time / period : nil
  }

  /// A line of `/proc/self/cgroup`: number, controllers, path.
  private struct Group {
    let isUnified: Bool
    let path: Substring

    /// nil for a group that is not about processor time.
    init?(_ line: String) {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[2].hasPrefix("/") else { return nil }
      isUnified = parts[0] == "0" && parts[1].isEmpty
      guard isUnified || parts[1].split(separator: ",").contains("cpu") else { return nil }
      path = parts[2]
    }
  }

  /// A line of `/proc/self/mountinfo`: which part of a hierarchy of groups is seen where.
  private struct Mount {
    let isUnified: Bool
    let root: String
    let point: String

    /// nil for another kind of file system.
    init?(_ line: String) {
      // Optional fields stand before a lone dash, the type and its options after it.
      let halves = line.split(separator: " - ", maxSplits: 1)
      guard halves.count == 2 else { return nil }
      let (place, type) = (halves[0].split(separator: " "), halves[1].split(separator: " "))
      guard place.count >= 6, type.count >= 3 else { return nil }
      isUnified = type[0] == "cgroup2"
      guard isUnified || type[0] == "cgroup" && type[2].split(separator: ",").contains("cpu") else { return nil }
      (root, point) = (Self.unescaped(place[3]), Self.unescaped(place[4]))
    }

    func shows(_ group: Group) -> Bool { isUnified == group.isUnified }

    /// The group's folder and its parents', as far as the mount shows them. A path outside of what is mounted is one
    /// that the container does not see: its own group is then the mount's root.
    func folders(of group: Group) -> [String] {
      let top = root == "/" ? "" : root
      let isBelow = group.path == root || group.path.hasPrefix(top + "/")
      let inside = isBelow ? group.path.dropFirst(top.count) : ""
      let names = inside.split(separator: "/").filter { $0 != ".." && $0 != "." }
      return (0...names.count).reversed().map { point + names.prefix($0).map { "/" + $0 }.joined() }
    }

    /// Blanks, tabs, newlines and backslashes stand as three octal digits.
    private static func unescaped(_ text: Substring) -> String {
      String(text).replacing("\\040", with: " ").replacing("\\011", with: "\t").replacing("\\012", with: "\n")
        .replacing("\\134", with: "\\")
    }
  }
}

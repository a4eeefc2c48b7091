#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension CacheSizes {
  static func detected() -> CacheSizes? {
    #if os(Linux)
      var sizes: [Int: Int] = [:]
      var sharers = 1
      for index in 0..<8 {
        let folder = "/sys/devices/system/cpu/cpu0/cache/index\(index)/"
        guard let level = firstLine(of: folder + "level").flatMap({ Int($0) }) else { break }
        guard firstLine(of: folder + "type") != "Instruction" else { continue }
        guard let size = firstLine(of: folder + "size").flatMap(byteCount(ofSysfsSize:)) else { continue }
        sizes[level] = size
        if level == 3 { sharers = firstLine(of: folder + "shared_cpu_list").map(processorCount(inList:)) ?? 1 }
      }
      guard let level1 = sizes[1] else { return nil }
      return CacheSizes(level1: level1, level2: sizes[2] ?? 0, level3: sizes[3] ?? 0, level3Sharers: max(1, sharers))
    #else
      func value(_ name: String) -> Int? {
        var result: Int64 = 0
        var size = MemoryLayout<Int64>.size
        return sysctlbyname(name, &result, &size, nil, 0) == 0 ? Int(result) : nil
      }
      // Apple's performance cores share one level 2 in clusters and have no level 3 that programs are told of.
      guard let level1 = value("hw.perflevel0.l1dcachesize") ?? value("hw.l1dcachesize") else { return nil }
      return CacheSizes(
        level1: level1, level2: value("hw.perflevel0.l2cachesize") ?? value("hw.l2cachesize") ?? 0,
        level3: value("hw.l3cachesize") ?? 0, level3Sharers: max(1, ProcessorCount.available))
    #endif
  }

  /// "512K", "32M" or "65536"; nil for what is no number or none that fits.
  static func byteCount(ofSysfsSize text: String) -> Int? {
    let units = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    guard let unit = text.last.flatMap({ units[String($0)] }) else { return Int(text) }
    guard let count = Int(text.dropLast()) else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
    return overflow ? nil : bytes
  }

  /// "0-3,8-11" counts 8.
  static func processorCount(inList text: String) -> Int {
    text.split(separator: ",").reduce(0) { sum, range in
      let bounds = range.split(separator: "-").compactMap { Int($0) }
      guard let first = bounds.first, let last = bounds.last else { return sum }
      return sum + last - first + 1
    }
  }
}

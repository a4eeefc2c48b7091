#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The processor's name as its system tells it, for headings.
public func processorName() -> String {
  #if os(Linux)
    guard let file = fopen("/proc/cpuinfo", "r") else { return "unknown" }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 4096)
    while fgets(&buffer, Int32(buffer.count), file) != nil {
      let line = buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
      guard line.hasPrefix("model name"), let colon = line.firstIndex(of: ":") else { continue }
      return String(line[line.index(after: colon)...].drop(while: \.isWhitespace).prefix { !$0.isNewline })
    }
    return "unknown"
  #else
    var size = 0
    guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0 else { return "unknown" }
    var buffer = [CChar](repeating: 0, count: size)
    sysctlbyname("machdep.cpu.brand_string", &buffer, &size, nil, 0)
    return buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  #endif
}

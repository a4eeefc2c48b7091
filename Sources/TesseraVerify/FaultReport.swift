#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Says which kernel ran when the process ends on an access to a guard page, or on an instruction that the machine
/// lacks.
public enum FaultReport {
  /// Bytes of the longest line that is kept.
  private static let capacity = 512
  /// Written by the thread that starts runs, read by the handler of one that faults inside a run: never at once.
  nonisolated(unsafe) private static let line = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
  nonisolated(unsafe) private static var length = 0
  nonisolated(unsafe) private static var isInstalled = false

  /// From now on a fault prints the line of the run that met it, and ends the process with status 1.
  public static func install() {
    isInstalled = true
    running("nothing", "none", 0, "")
    for number in [SIGSEGV, SIGBUS, SIGILL] {
      signal(number) { _ in
        // Only what a signal handler may call.
        write(STDERR_FILENO, FaultReport.line, FaultReport.length)
        _exit(1)
      }
    }
  }

  /// What runs now.
  static func running(_ operatorName: String, _ variant: String, _ threads: Int, _ description: String) {
    guard isInstalled else { return }
    let text = "fault in \(operatorName), \(variant), \(threads) threads, \(description)\n"
    length = 0
    for byte in text.utf8.prefix(capacity) {
      line[length] = byte
      length += 1
    }
  }
}

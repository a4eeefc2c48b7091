import CTesseraKernels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

public enum ProcessorCount {
  /// Processors that this process may use; at least 1.
  public static let available = Int(tsr_processor_count())

  /// How many processors' time the process's control groups allow it; nil where they set no quota, and off Linux.
  public static let quota = ProcessorQuota.found()

  /// As many processors as can run at a time for long: those that the process may use, or fewer where a quota is below
  /// them; at least 1. The default number of threads.
  public static let usable = usable(available: available, quota: quota)

  package static func usable(available: Int, quota: Double?) -> Int {
    // A part of a processor is worth a thread. Compared before it is made an integer: a quota may be any number.
    guard let quota, quota < Double(available) else { return available }
    return max(1, Int(quota.rounded(.up)))
  }

  /// Processors of the machine, whoever may use them; at least 1.
  public static let online = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}

/// Nanoseconds of a clock that only goes forward.
public func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Starts a thread that runs `body`; nil where the system refuses one. Whoever holds the result joins it.
func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
  final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  let context = Unmanaged.passRetained(Box(body))
  #if os(Linux)
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().body()
        return nil
      }, context.toOpaque())
  #else
    var thread: pthread_t?
    let status = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
        return nil
      }, context.toOpaque())
  #endif
  guard status == 0 else {
    context.release()
    return nil
  }
  return thread
}

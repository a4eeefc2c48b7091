import COpenBLAS

/// What is known of, and set in, the process's OpenBLAS.
public enum OpenBLAS {
  /// The kernels that OpenBLAS chose for this processor ("Haswell", "Zen", "SkylakeX", …). `OPENBLAS_CORETYPE` in the
  /// environment, read when the process starts, forces others.
  public static var coreName: String { String(cString: openblas_get_corename()) }

  /// Version and build options.
  public static var configuration: String { String(cString: openblas_get_config()) }

  /// Whether this build of OpenBLAS can be told to run on the calling thread alone. One that was built on OpenMP keeps
  /// that setting for each thread of its own kind only, so that every panel would start threads.
  static var obeysThreadSetting: Bool { openblas_get_parallel() != 2 }

  /// Sets OpenBLAS to one thread, once. Panels run on our own pool: two callers with two threads each of its own
  /// would halve the speed. This is process-wide: a program that also calls OpenBLAS itself sees it.
  static let isSetToOneThread: Bool = {
    openblas_set_num_threads(1)
    return true
  }()
}

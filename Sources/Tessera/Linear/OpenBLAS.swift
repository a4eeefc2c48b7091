import COpenBLAS
import Foundation

/// What is known of, and set in, the process's OpenBLAS.
public enum OpenBLAS {
  /// The kernels that OpenBLAS chose for this processor ("Haswell", "Zen", "SkylakeX", …). `OPENBLAS_CORETYPE` in the
  /// environment, read when the process starts, forces others.
  public static var coreName: String { String(cString: openblas_get_corename()) }

  /// Makes OpenBLAS choose its kernels again, this core's where it has them. What does so is no part of its interface and
  /// is looked up: where it is missing nothing happens. While anything runs in OpenBLAS the process may crash.
  public static func chooseAgain(_ core: String) {
    guard let program = dlopen(nil, RTLD_NOW), let quit = dlsym(program, "gotoblas_dynamic_quit"),
      let start = dlsym(program, "gotoblas_dynamic_init")
    else { return }
    typealias Function = @convention(c) () -> Void
    let (variable, own) = ("OPENBLAS_CORETYPE", ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"])
    setenv(variable, core, 1)
    unsafeBitCast(quit, to: Function.self)()
    unsafeBitCast(start, to: Function.self)()
    if let own { setenv(variable, own, 1) } else { unsetenv(variable) }
  }

  /// Version and build options.
  public static var configuration: String { String(cString: openblas_get_config()) }

  /// Sets one thread. Throws where the setting would not be obeyed.
  static func prepare() throws(TesseraError) {
    guard obeysThreadSetting else {
      throw .unavailable(
        what: "linear algebra library", name: configuration,
        available: ["OpenBLAS with POSIX threads (libopenblas0-pthread) or without threads (libopenblas0-serial)"])
    }
    _ = isSetToOneThread
  }

  /// Whether this build of OpenBLAS can be told to run on the calling thread alone. One that was built on OpenMP keeps
  /// that setting for each thread of its own kind only, so that every panel would start threads.
  private static var obeysThreadSetting: Bool { openblas_get_parallel() != 2 }

  /// Sets OpenBLAS to one thread, once. Panels run on our own pool: two callers with two threads each of its own
  /// would halve the speed. This is process-wide: a program that also calls OpenBLAS itself sees it.
  private static let isSetToOneThread: Bool = {
    openblas_set_num_threads(1)
    return true
  }()
}

extension MatrixLayout {
  /// OpenBLAS wants at least the number of columns, also for a single row, whose stride means nothing.
  var leadingDimension: Int32 { Int32(max(rows <= 1 ? columns : rowStride, 1)) }

  /// Throws unless the layout has these extents and rows that OpenBLAS can take.
  func checkForOpenBLAS(rows: Int, columns: Int, operation: String, operand: String) throws(TesseraError) {
    try check(
      rows: rows, columns: columns, count: .max, written: operand == "output", operation: operation, operand: operand)
    guard rows <= 1 || rowStride >= columns, max(rowStride, columns, rows) <= Int(Int32.max) else {
      throw .invalidOperand(
        operation: operation, operand: operand, expected: "a row stride from \(columns) to \(Int32.max)",
        actual: "\(self)")
    }
  }
}

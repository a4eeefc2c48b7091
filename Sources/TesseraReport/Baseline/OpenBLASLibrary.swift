import Foundation
import Tessera

/// An OpenBLAS that this process loaded: the report's baseline, which nothing else runs.
///
/// It is loaded when it is first asked for and not linked: a command that does not measure against it needs none, and
/// which kernels it takes can be said before it looks for itself.
package struct OpenBLASLibrary: Sendable {
  /// `cblas_sgemm`. C's enumerations are `CInt`, and so are its sizes, as `check` makes sure.
  package typealias MatrixProduct =
    @convention(c) @Sendable (
      _ order: CInt, _ transposesLeft: CInt, _ transposesRight: CInt, _ rows: CInt, _ columns: CInt, _ depth: CInt,
      _ alpha: Float, _ left: UnsafePointer<Float>, _ leftStride: CInt, _ right: UnsafePointer<Float>,
      _ rightStride: CInt, _ beta: Float, _ output: UnsafeMutablePointer<Float>, _ outputStride: CInt
    ) -> Void

  /// CblasRowMajor, CblasNoTrans and CblasTrans.
  static let (rowMajor, plain, transposed): (CInt, CInt, CInt) = (101, 111, 112)

  package let kernels: OpenBLASKernels
  /// Version and build options.
  package let configuration: String
  let multiply: MatrixProduct

  /// The process's own, loaded once. Throws where there is none, naming the package that has it, and where it is one
  /// that cannot be used.
  package static func shared() throws(TesseraError) -> OpenBLASLibrary { try loaded.get() }

  private static let loaded = Result { () throws(TesseraError) in
    let forced = ProcessInfo.processInfo.environment[coreVariable].flatMap { $0.isEmpty ? nil : $0 }
    return try OpenBLASLibrary(forced: forced, best: .best)
  }

  /// `names` are tried in order. `forced`: the core that the user asks for; `best`: what the processor has; `first`:
  /// what OpenBLAS takes at first, in place of its own choice, so that a processor that it does not know can be tested.
  package init(
    _ names: [String] = OpenBLASLibrary.names, forced: String?, best: InstructionSet, first: String? = nil
  ) throws(TesseraError) {
    var library = try LoadedLibrary(names, environment: Self.environment(core: forced ?? first))
    var kernels = OpenBLASKernels(core: try Self.coreName(library))
    let own = OpenBLASCore(kernels.core)
    switch own.decision(best: best, forced: forced) {
    case .keep: break
    case .choose(let core):
      library.close()
      library = try LoadedLibrary(names, environment: Self.environment(core: core.name))
      kernels.core = try Self.coreName(library)
      if OpenBLASCore(kernels.core).isBelow(best) {
        kernels.warning = OpenBLASCore(kernels.core).warning(best: best, reason: "this build chooses no others")
      } else {
        kernels.replacedCore = own.name
      }
    case .warn: kernels.warning = own.warning(best: best, reason: "\(Self.coreVariable)=\(forced!) asks for them")
    }
    self.kernels = kernels
    configuration = try Self.text(library, "openblas_get_config")
    multiply = unsafeBitCast(try library.symbol("cblas_sgemm"), to: MatrixProduct.self)
    try Self.check(library, configuration)
    // Where the environment was read before it was set.
    let setThreadCount = try library.symbol("openblas_set_num_threads")
    unsafeBitCast(setThreadCount, to: (@convention(c) (CInt) -> Void).self)(1)
  }

  /// Address space that OpenBLAS takes for each thread that multiplies, once; where it gets none it tries for ever.
  package static let bytesPerThread = 128 << 20

  /// Throws where the address space has no room for so many threads' products.
  package static func checkRoom(threads: Int) throws(TesseraError) {
    let (byteCount, overflow) = threads.multipliedReportingOverflow(by: bytesPerThread)
    guard !overflow else { throw .outOfMemory(byteCount: .max) }
    guard byteCount > 0 else { return }
    let room = mmap(nil, byteCount, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let room, room != MAP_FAILED else { throw .outOfMemory(byteCount: byteCount) }
    munmap(room, byteCount)
  }

  private static let coreVariable = "OPENBLAS_CORETYPE"

  /// One thread, because panels run on our own pool: two callers with two threads each of its own would halve the
  /// speed.
  private static func environment(core: String?) -> [String: String] {
    var variables = ["OPENBLAS_NUM_THREADS": "1"]
    variables[coreVariable] = core
    return variables
  }

  #if os(macOS)
    /// Homebrew keeps it out of the folders that are searched.
    package static let names =
      ["libopenblas.dylib"]
      + ["/opt/homebrew", "/usr/local"].map { "\($0)/opt/openblas/lib/libopenblas.dylib" }
  #else
    package static let names = ["libopenblas.so.0", "libopenblas.so"]
  #endif

  private static func coreName(_ library: LoadedLibrary) throws(TesseraError) -> String {
    try text(library, "openblas_get_corename")
  }

  private static func text(_ library: LoadedLibrary, _ name: String) throws(TesseraError) -> String {
    typealias Function = @convention(c) () -> UnsafePointer<CChar>
    return String(cString: unsafeBitCast(try library.symbol(name), to: Function.self)())
  }

  /// Throws for a build that counts in 64 bits, and for one on OpenMP: that keeps the number of threads for each thread
  /// of its own kind only, so that every panel would start threads.
  private static func check(_ library: LoadedLibrary, _ configuration: String) throws(TesseraError) {
    let parallel = unsafeBitCast(try library.symbol("openblas_get_parallel"), to: (@convention(c) () -> CInt).self)()
    guard parallel != 2, !configuration.contains("USE64BITINT") else {
      throw .invalidOperand(
        operation: "baseline", operand: "OpenBLAS",
        expected: "one with sizes of 32 bits, and POSIX threads or none (libopenblas0-pthread, libopenblas0-serial)",
        actual: configuration)
    }
  }
}

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where and how a call runs: on which threads, with which instructions, and who is told of its bytes.
///
/// Every operator takes one and uses `standard()` where it is left out.
public struct ExecutionContext: Sendable {
  public var pool: WorkerPool
  /// Kernels are the best variants that need no more than this.
  public var instructionSet: InstructionSet
  /// Adds up what calls move and compute; nil counts nothing beyond the call.
  public var ledger: Ledger?
  /// C of the definitions: the capacity from which residency is decided when a call is planned. In bytes.
  public var fastMemoryBytes: Int
  /// How products are cut.
  public var products = ProductTuning()

  public init(
    pool: WorkerPool, instructionSet: InstructionSet = .best, ledger: Ledger? = nil,
    fastMemoryBytes: Int = FastMemory.stored.byteCount
  ) {
    self.pool = pool
    self.instructionSet = instructionSet
    self.ledger = ledger
    self.fastMemoryBytes = fastMemoryBytes
  }

  /// The process's own context: as many threads as usable processors or `TESSERA_THREADS`, the best instruction set or
  /// `TESSERA_ISA`, the machine's fast memory or `TESSERA_FAST_MEMORY`, no ledger. The environment is read once, at the
  /// first call; what is wrong in it is thrown by every.
  public static func standard() throws(TesseraError) -> ExecutionContext {
    try standardResult.get()
  }

  /// The given context, or the process's own where none was given. Throws where the machine cannot run its
  /// instructions.
  public static func resolve(_ context: ExecutionContext?) throws(TesseraError) -> ExecutionContext {
    if let context {
      guard context.instructionSet <= .best else {
        throw .unavailable(
          what: "instruction set", name: context.instructionSet.rawValue,
          available: InstructionSet.available.map(\.rawValue))
      }
      return context
    }
    return try standard()
  }

  private static let standardResult: Result<ExecutionContext, TesseraError> = Result { () throws(TesseraError) in
    try fromEnvironment { name in getenv(name).map { String(cString: $0) } }
  }

  /// The context that an environment asks for.
  public static func fromEnvironment(
    _ variable: (String) -> String?
  ) throws(TesseraError) -> ExecutionContext {
    var threadCount = min(ProcessorCount.usable, WorkerPool.maximumThreadCount)
    if let text = variable("TESSERA_THREADS") {
      guard let count = Int(text), (1...WorkerPool.maximumThreadCount).contains(count) else {
        throw .invalidEnvironment(
          variable: "TESSERA_THREADS", expected: "1 to \(WorkerPool.maximumThreadCount)", actual: text)
      }
      threadCount = count
    }
    var instructionSet = InstructionSet.best
    if let name = variable("TESSERA_ISA") {
      guard let set = InstructionSet(rawValue: name.lowercased()), set.isAvailable else {
        let names = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
        throw .invalidEnvironment(variable: "TESSERA_ISA", expected: "one of \(names) on this machine", actual: name)
      }
      instructionSet = set
    }
    let fastMemory = try FastMemory.fromEnvironment(variable)
    return ExecutionContext(
      pool: try WorkerPool(threadCount: threadCount), instructionSet: instructionSet,
      fastMemoryBytes: fastMemory.byteCount)
  }
}

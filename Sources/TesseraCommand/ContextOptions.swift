import ArgumentParser
import Foundation
import Tessera

/// On which threads and with which instructions a command runs: flags first, then the environment, then the machine.
struct ContextOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "Threads; else TESSERA_THREADS, else one a processor.")
  var threads: Int?

  @Option(help: "Instruction set: portable, avx2 or avx512; else TESSERA_ISA, else the machine's best.")
  var isa: String?

  func validate() throws {
    if let threads, !(1...WorkerPool.maximumThreadCount).contains(threads) {
      throw ValidationError("--threads: expected 1 to \(WorkerPool.maximumThreadCount), got \(threads)")
    }
    if let isa {
      do { _ = try InstructionSet.named(isa) } catch { throw ValidationError("--isa: \(error)") }
    }
  }

  /// The context that flags and environment ask for. Throws for what is wrong in a variable that no flag overrides.
  ///
  /// With `measuresFastMemory` a machine whose fast memory nobody has measured is measured now, and the result stored.
  func context(ledger: Ledger? = nil, measuresFastMemory: Bool = false) throws -> ExecutionContext {
    let environment = ProcessInfo.processInfo.environment
    var context = try ExecutionContext.fromEnvironment { variable in
      switch variable {
      case "TESSERA_THREADS": threads.map(String.init) ?? environment[variable]
      case "TESSERA_ISA": isa ?? environment[variable]
      default: environment[variable]
      }
    }
    context.ledger = ledger
    warnOfThreads(context.pool.threadCount)
    if measuresFastMemory { context.fastMemoryBytes = try fastMemory().byteCount }
    return context
  }

  /// Says on standard error that threads wait for each other where there are many more than processors.
  private func warnOfThreads(_ threadCount: Int) {
    let processors = ProcessorCount.usable
    guard threadCount > Self.threadsPerProcessor * processors else { return }
    warn(
      "\(threadCount) threads on \(counted(processors, "processor")) take turns and wait for each "
        + "other; without --threads there is one a processor")
  }

  /// More are likely a mistake; as many are usual where it is tested what does not depend on their number.
  private static let threadsPerProcessor = 4

  /// What the environment asks for or is stored; else it is measured now, and stored.
  func fastMemory() throws -> FastMemory {
    let environment = ProcessInfo.processInfo.environment
    return try FastMemory.measuredIfNeeded { environment[$0] }
  }
}

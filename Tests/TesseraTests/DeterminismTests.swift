import Foundation
import Tessera
import Testing

/// Same inputs, same problem, same variant: same bits, for every thread count and on every run.
@Suite struct DeterminismTests {
  /// Runs with each number of threads. ThreadSanitizer sees in one run what others show by chance: it wants fewer.
  static let repetitions = ProcessInfo.processInfo.environment["TESSERA_TEST_REPETITIONS"].flatMap { Int($0) } ?? 20

  @Test(arguments: CatalogCall.all, InstructionSet.allCases)
  func bitsDoNotDependOnThreadsOrRun(call: CatalogCall, instructionSet: InstructionSet) throws {
    guard instructionSet.isAvailable else {
      print("skipped: \(call) with \(instructionSet), which this machine cannot run")
      return
    }
    let alone = ExecutionContext(pool: try WorkerPool(threadCount: 1), instructionSet: instructionSet)
    let expected = try call.outputs(context: alone)
    #expect(!expected.isEmpty)
    for threadCount in [1, 2, 3, 8] {
      let context = ExecutionContext(pool: try WorkerPool(threadCount: threadCount), instructionSet: instructionSet)
      for repetition in 0..<Self.repetitions {
        let outputs = try call.outputs(context: context)
        // A Bool, because the framework would print megabytes of what differs.
        let isSame = outputs == expected
        #expect(isSame, "\(threadCount) threads, run \(repetition)")
      }
    }
  }

  @Test func dropoutMasksAreTheSameForEveryVariant() throws {
    let call = try #require(CatalogCall.all.first { $0.entry.descriptor.name == "dropout" })
    let masks = try InstructionSet.available.map { set in
      try call.outputs(context: ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set))["mask"]!
    }
    #expect(masks.allSatisfy { $0 == masks[0] })
    #expect(Set(masks[0]) == [0, 1])
  }
}

import Tessera
import TesseraReference

/// One case of one operator: its operands, what they should become, and the runs that try it.
struct CaseRunner {
  let entry: OperatorEntry
  let verificationCase: VerificationCase
  private let request: OperatorRequest
  private let memory: CaseMemory
  private let expected: [ExpectedOutput]

  /// The oracle and the naive computation run here, once.
  init(
    _ entry: OperatorEntry, reference: ReferenceOperator, _ verificationCase: VerificationCase, index: Int,
    seed: UInt64
  ) throws(TesseraError) {
    self.entry = entry
    self.verificationCase = verificationCase
    let request = try verificationCase.request(seed: seed, index: index)
    self.request = request
    // Operands take the bits above, see CaseMemory.
    let descriptor = entry.descriptor(for: request)
    let memory = try CaseMemory(descriptor, verificationCase, request, seed: seed &+ UInt64(index) << 20)
    self.memory = memory
    let exact = memory.inputValues
    let values = exact.mapValues { $0.map { Float($0) } }
    let oracle = reference.float64(ReferenceCall(request, inputs: exact))
    let naive = reference.float32(ReferenceCall(request, inputs: values))
    expected = descriptor.writes(in: request.mode).map { operand in
      ExpectedOutput(operand, in: verificationCase, oracle: oracle, naive: naive[operand.name]!)
    }
  }

  /// What one thread count of one variant made of the case.
  struct Outcome {
    var comparison = Comparison()
    var failures: [String] = []
  }

  /// Runs a variant once for each pool and each kind of store, or the first of these kinds, and every run again on the
  /// same plan. All results must be the same bits; of each pool's, the first is compared with the oracle, which settles
  /// the others.
  func run(_ variant: VerifiedVariant, pools: [WorkerPool], kindsOfStores: Int = 2) -> [Outcome] {
    var first: [String: [Float]]?
    return pools.map { pool in
      var outcome = Outcome()
      // With a fast memory of one byte every call counts as too large for it, and asks for non-temporal stores.
      let kinds = [("ordinary", CacheSizes.current.fastMemoryBytes), ("non-temporal", 1)]
      for (stores, fastMemoryBytes) in kinds.prefix(kindsOfStores) {
        let context = ExecutionContext(
          pool: pool, instructionSet: variant.instructionSet, fastMemoryBytes: fastMemoryBytes)
        do throws(TesseraError) {
          let prepared = try entry.prepare(request, context: context)
          FaultReport.running(entry.descriptor.name, variant.name, pool.threadCount, verificationCase.description)
          memory.poison()
          try prepared.run(memory.buffers)
          for repetition in 1...2 {
            memory.load()
            try prepared.run(memory.buffers)
            let results = memory.results()
            outcome.failures += memory.damage()
            let isFirst = repetition == 1 && fastMemoryBytes > 1
            if isFirst { outcome.compare(results, with: expected) }
            if let first {
              outcome.failures += Self.differences(results, from: first).map {
                "\($0): bits differ from the first run's (\(stores) stores, run \(repetition) of the plan)"
              }
            } else {
              first = results
            }
          }
        } catch {
          outcome.comparison.error = .infinity
          outcome.failures.append("threw \(error)")
        }
      }
      return outcome
    }
  }

  /// The operands whose bits are not the same.
  private static func differences(_ results: [String: [Float]], from first: [String: [Float]]) -> [String] {
    results.keys.sorted().filter { name in
      !results[name]!.elementsEqual(first[name]!) { $0.bitPattern == $1.bitPattern }
    }
  }
}

extension CaseRunner.Outcome {
  fileprivate mutating func compare(_ results: [String: [Float]], with expected: [ExpectedOutput]) {
    for output in expected {
      let comparison = output.compare(results[output.operand.name]!)
      if !comparison.passes { failures.append(comparison.description) }
      if comparison.multiple > self.comparison.multiple || self.comparison.worst.isEmpty {
        self.comparison = comparison
      }
    }
  }
}

extension Comparison: CustomStringConvertible {
  package var description: String { "error \(error), tolerance \(tolerance): \(worst)" }
}

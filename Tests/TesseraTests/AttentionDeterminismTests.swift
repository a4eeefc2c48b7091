import Tessera
import Testing

/// The same bits for every number of threads and on every run, where blocks are many and where keys are split.
@Suite struct AttentionDeterminismTests {
  /// Several blocks of rows and tiles of keys; a split decode; a split block of rows.
  private static let problems = [
    AttentionProblem(batch: 2, queryHeads: 2, queryLength: 300, keyLength: 700, headDimension: 16),
    AttentionProblem(batch: 1, queryHeads: 8, keyValueHeads: 2, queryLength: 1, keyLength: 5000, headDimension: 32),
    AttentionProblem(batch: 1, queryHeads: 2, queryLength: 20, keyLength: 4500, headDimension: 8, valueDimension: 5),
  ]

  @Test(arguments: problems, InstructionSet.available)
  func bitsDoNotDependOnThreadsOrRun(problem: AttentionProblem, set: InstructionSet) throws {
    let dropout = try Dropout(probability: 0.1, seed: 3)
    for isPlain in [true, false] {
      var problem = problem
      problem.writesLogSumExp = true
      if !isPlain {
        (problem.mask, problem.dropout, problem.softcap) = (.causal(), dropout, 3)
        problem.bias = BatchedMatrixLayout(scoresOf: problem, broadcastingBatch: true, heads: true)
      }
      let call = try AttentionCall(problem)
      let expected = try call.run(ExecutionContext(pool: try WorkerPool(threadCount: 1), instructionSet: set))
      #expect(expected.output.allSatisfy { $0.isFinite })
      for threadCount in [1, 2, 3, 8] {
        let context = ExecutionContext(pool: try WorkerPool(threadCount: threadCount), instructionSet: set)
        let plan = try AttentionPlan(for: problem, context: context)
        for repetition in 0..<DeterminismTests.repetitions {
          let isSame = try call.run(context, plan: plan) == expected
          #expect(isSame, "\(threadCount) threads, run \(repetition)")
        }
      }
    }
  }
}

import Tessera
import Testing

/// What a plan of attention's backward pass holds where heads wait for each other.
@Suite struct AttentionGradientWorkspaceTests {
  private func bytes(_ problem: AttentionProblem, threads: Int = 2) throws -> Int {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: threads))
    return try AttentionGradientPlan(for: problem, context: context).workspaceBytes
  }

  /// Ranges that wait have one float for each query of a head, whose products the first one makes, and no sums.
  @Test func rangesThatWaitShareTheirProducts() throws {
    func heads(_ queries: Int) throws -> Int {
      var problem = AttentionProblem(batch: 1, queryHeads: 12, queryLength: queries, keyLength: 900, headDimension: 8)
      problem.bias = BatchedMatrixLayout(scoresOf: problem)
      problem.gradients.bias = BatchedMatrixLayout(scoresOf: problem, broadcast: 2)
      let partition = AttentionGradientPartition(problem)
      #expect(partition.keyRanges == 5 && partition.rangesWait)
      return try bytes(problem)
    }
    #expect(try heads(2048) - heads(1024) == 12 * 1024 * 4)
    func sequences(_ lengths: [Int]) throws -> Int {
      var problem = AttentionProblem(
        batch: 3, queryHeads: 4, keyValueHeads: 2, queryLength: 256, keyLength: 900, headDimension: 8)
      problem.queryLengths = lengths
      problem.bias = BatchedMatrixLayout(scoresOf: problem)
      problem.gradients.bias = BatchedMatrixLayout(scoresOf: problem, broadcast: 3)
      let partition = AttentionGradientPartition(problem)
      #expect(partition.keyRanges == 5 && partition.rangesWait)
      return try bytes(problem)
    }
    #expect(try sequences([128, 0, 256]) - sequences([64, 0, 128]) == 4 * (64 + 128) * 4)
  }
}

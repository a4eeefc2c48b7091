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

  /// By hand, of 64 heads of 30 keys, which are one range: each on elements of its own, and all on the same.
  @Test(arguments: [1, 2, 5]) func turnsAndMarksAreCounted(threads: Int) throws {
    var problem = AttentionProblem(batch: 4, queryHeads: 16, queryLength: 20, keyLength: 30, headDimension: 8)
    problem.bias = BatchedMatrixLayout(scoresOf: problem)
    // With slopes threads have what the bias's gradient needs, too.
    problem.slopes = .perHead
    let plain = try bytes(problem, threads: threads)
    problem.gradients.bias = BatchedMatrixLayout(scoresOf: problem)
    let alone = try bytes(problem, threads: threads)
    problem.gradients.bias = BatchedMatrixLayout(scoresOf: problem, broadcast: 3)
    let shared = try bytes(problem, threads: threads)
    // Arrays have four words before their elements: the turns, item and list; whether heads are the first on their
    // elements; where those begin, a list for each. And the marks.
    #expect(alone - plain == (32 + 64 * 16) + (32 + 64) + (32 + 64 * 8 + 64 * (32 + 8)) + 64)
    // Of each but the first the one before it.
    #expect(shared - alone == 63 * (32 + 8))
  }
}

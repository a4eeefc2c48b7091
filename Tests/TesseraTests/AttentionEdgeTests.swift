import Tessera
import Testing

/// Extents of 0, and problems larger in name than in memory.
@Suite struct AttentionEdgeTests {
  @Test(arguments: InstructionSet.available, [1, 12]) func extentsOfZero(set: InstructionSet, queries: Int) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    for empty in [\AttentionShape.batch, \.heads, \.queries, \.keys] {
      var shape = AttentionShape(queries: queries)
      shape[keyPath: empty] = 0
      for mask in [.full, .causal(), .window(left: 1, right: 1, alignment: .topLeft)] as [AttentionMask] {
        for hasOperands in [false, true] {
          var problem = AttentionProblem(
            batch: shape.batch, queryHeads: shape.heads, queryLength: shape.queries, keyLength: shape.keys,
            headDimension: 3)
          (problem.mask, problem.writesLogSumExp) = (mask, true)
          if hasOperands {
            problem.bias = BatchedMatrixLayout(scoresOf: problem)
            problem.booleanMask = BatchedMatrixLayout(scoresOf: problem, heads: true)
            problem.dropout = try Dropout(probability: 0.5, seed: 1)
            problem.slopes = .perSequenceAndHead
            problem.keyLengths = Array(repeating: shape.keys, count: shape.batch)
          }
          let result = try AttentionCall(problem).run(context)
          let rows = shape.batch * shape.heads * shape.queries
          #expect(result.output == Array(repeating: 0, count: rows * 3))
          #expect(result.logSumExp == Array(repeating: -.infinity, count: rows))
        }
      }
    }
  }

  struct AttentionShape {
    var batch = 2
    var heads = 3
    var queries: Int
    var keys = 5
  }

  /// One call without a plan of the caller's does the same.
  @Test func theFunctionIsThePlan() throws {
    let problem = AttentionProblem(batch: 2, queryHeads: 2, queryLength: 5, headDimension: 8)
    let call = try AttentionCall(problem)
    var output = [Float](repeating: .nan, count: call.queries.count)
    try attention(
      problem, queries: call.queries.span, keys: call.keys.span, values: call.values.span, output: output.mutableSpan)
    let expected = try call.run(ExecutionContext.standard())
    #expect(output == expected.output)
  }
}

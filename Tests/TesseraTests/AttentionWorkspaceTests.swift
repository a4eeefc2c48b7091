import Tessera
import Testing

/// What a plan holds, and that nothing of an earlier call is left in it.
@Suite struct AttentionWorkspaceTests {
  /// At most 8 MiB and 1 MiB a thread, whatever the lengths.
  @Test(arguments: [1, 2, 8, 64]) func workspaceStaysBounded(threadCount: Int) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: threadCount))
    for (batch, queryHeads, keyValueHeads) in [(1, 1, 1), (1, 16, 16), (1, 32, 8), (8, 16, 1), (64, 32, 32)] {
      for (dimension, valueDimension) in [(64, 64), (128, 128), (512, 512), (1, 512), (512, 1), (64, 65)] {
        for keys in [1, 64, 513, 1024, 4096, 8192, 32768, 131_072] {
          for queries in Set([1, 2, 8, 9, 64, 1000, keys]) {
            let problem = AttentionProblem(
              batch: batch, queryHeads: queryHeads, keyValueHeads: keyValueHeads, queryLength: queries,
              keyLength: keys, headDimension: dimension, valueDimension: valueDimension)
            let bytes = try AttentionPlan(for: problem, context: context).workspaceBytes
            let shape = "\(batch) \(queryHeads)/\(keyValueHeads), \(queries) × \(keys), \(dimension), \(valueDimension)"
            #expect(bytes <= (8 + threadCount) << 20, "\(shape): \(bytes)")
          }
        }
      }
    }
  }

  /// After a call on NaN every number that the plan keeps is NaN, and a clean call gives the bits of a fresh plan's.
  @Test(arguments: AttentionPath.all) func nothingOfACallBeforeIsLeft(path: AttentionPath) throws {
    let context = try path.context
    let dropout = try Dropout(probability: 0.2, seed: 5)
    for mask in [.full, .causal(), .window(left: 7, right: 3, alignment: .topLeft)] as [AttentionMask] {
      let call = try AttentionCall(path.problem { ($0.mask, $0.dropout) = (mask, dropout) })
      var poisoned = call
      for path in [\AttentionCall.queries, \.keys, \.values] {
        poisoned[keyPath: path] = poisoned[keyPath: path].map { _ in .nan }
      }
      let plan = try AttentionPlan(for: call.problem, context: context)
      _ = try poisoned.run(context, plan: plan)
      let isSame = try call.run(context, plan: plan) == call.run(context)
      #expect(isSame, "\(mask)")
    }
  }
}

import Tessera
import Testing

/// What a plan holds, and that nothing of an earlier call is left in it.
@Suite struct AttentionWorkspaceTests {
  /// At most 8 MiB and 1 MiB a thread, whatever the lengths.
  @Test(arguments: [1, 2, 8, 64]) func workspaceStaysBounded(threadCount: Int) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: threadCount))
    for heads in [(1, 1, 1), (1, 16, 16), (1, 32, 8), (8, 16, 1), (64, 32, 32), (4096, 1, 1), (8192, 1, 1)] {
      for (dimension, valueDimension) in [(64, 64), (128, 128), (512, 512), (1, 512), (512, 1), (64, 65), (64, 16)] {
        for keys in [1, 64, 513, 1024, 4096, 8192, 32768, 131_072] {
          for queries in Set([1, 2, 8, 9, 64, 1000, keys]) {
            for type in [.float32, .bfloat16] as [ElementType] {
              let plan = try Self.plan(heads, queries, keys, dimension, valueDimension, type, context)
              let bytes = plan.workspaceBytes
              #expect(bytes <= (8 + threadCount) << 20, "\(plan.problem): \(bytes)")
            }
          }
        }
      }
    }
  }

  /// What a thread takes, at every width: what a second thread adds to a plan.
  @Test(arguments: [.float32, .bfloat16] as [ElementType]) func aThreadTakesAtMostOneMiB(type: ElementType) throws {
    let one = ExecutionContext(pool: try WorkerPool(threadCount: 1))
    let two = ExecutionContext(pool: try WorkerPool(threadCount: 2))
    let widths = Array(stride(from: 1, through: 512, by: 21)) + [16, 240, 256, 320, 436, 445, 512]
    for (dimension, valueDimension) in widths.flatMap({ width in widths.map { (width, $0) } }) {
      for (queries, keys) in [(8, 131_072), (4096, 131_072), (4096, 32)] {
        let (fewer, more) = (
          try Self.plan((1, 1, 1), queries, keys, dimension, valueDimension, type, one),
          try Self.plan((1, 1, 1), queries, keys, dimension, valueDimension, type, two)
        )
        #expect(more.workspaceBytes - fewer.workspaceBytes <= 1 << 20, "\(more.problem)")
      }
    }
  }

  private static func plan(
    _ heads: (batch: Int, query: Int, keyValue: Int), _ queries: Int, _ keys: Int, _ dimension: Int,
    _ valueDimension: Int, _ type: ElementType, _ context: ExecutionContext
  ) throws -> AttentionPlan {
    var problem = AttentionProblem(
      batch: heads.batch, queryHeads: heads.query, keyValueHeads: heads.keyValue, queryLength: queries,
      keyLength: keys, headDimension: dimension, valueDimension: valueDimension)
    problem.keyValueType = type
    return try AttentionPlan(for: problem, context: context)
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

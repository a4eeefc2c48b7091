import Tessera
import Testing

private typealias Packed = PackedSequences

/// Packed sequences with documents, block masks and the gradients of bias, slopes and sinks, all at once, are the
/// sequences one by one.
@Suite struct PackedAttentionOptionsTests {
  /// A sequence without queries, one without keys, few rows, several tiles and ranges of keys; the first sequence is
  /// shorter than later ones.
  private static let (queries, keys) = ([9, 130, 0, 1, 40, 5], [30, 260, 70, 700, 0, 64])

  private func context(_ set: InstructionSet, threads: Int = 2) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: set)
  }

  private static func call(biasGradient flags: Int) throws -> AttentionGradientCall {
    var problem = Packed.problem(queries, keys: keys) { $0.mask = .window(left: 200, right: 40) }
    (problem.slopes, problem.hasSinks) = (.perSequenceAndHead, true)
    problem.documentStarts = keys.map { [$0 / 3, $0 / 2] }
    problem.blockMask = try AttentionBlockMask(
      queriesPerBlock: 7, keysPerBlock: 20, queryBlocks: (problem.queryLength + 6) / 7,
      keyBlocks: (problem.keyLength + 19) / 20, batch: queries.count, heads: Packed.heads
    ) { ($0 + $1 + $2 + 2 * $3) % 4 != 0 }
    problem.bias = BatchedMatrixLayout(scoresOf: problem, broadcast: 0)
    problem.gradients.bias = BatchedMatrixLayout(scoresOf: problem, broadcast: flags)
    return try AttentionGradientCall(problem)
  }

  /// A sequence as a call of its own, with a gradient for each element of its bias.
  private static func alone(_ sequence: Int, of call: AttentionGradientCall) throws -> AttentionGradientCall {
    let (problem, heads) = (call.problem, Packed.heads)
    let (rows, columns) = (queries[sequence], keys[sequence])
    var forward = try Packed.alone(sequence, of: call.forward)
    forward.problem.slopes = .perHead
    forward.problem.documentStarts = [problem.documentStarts![sequence]]
    forward.problem.blockMask = try AttentionBlockMask(
      queriesPerBlock: 7, keysPerBlock: 20, queryBlocks: (rows + 6) / 7, keyBlocks: (columns + 19) / 20, heads: heads
    ) { problem.blockMask!.isVisible(sequence: sequence, head: $1, queryBlock: $2, keyBlock: $3) }
    forward.problem.bias = BatchedMatrixLayout(scoresOf: forward.problem, broadcast: 0)
    forward.problem.gradients.bias = forward.problem.bias
    forward.slopes = Array(call.forward.slopes![sequence * heads..<(sequence + 1) * heads])
    forward.bias = (0..<heads).flatMap { head in
      (0..<rows).flatMap { query in
        let start = problem.bias!.start(ofPlane: sequence * heads + head) + query * problem.bias!.rowStride
        return call.forward.bias![start..<start + columns]
      }
    }
    var single = try AttentionGradientCall(forward.problem)
    single.forward = forward
    single.outputGradient = Self.rows(
      call.outputGradient, problem.queryStarts![sequence], rows, heads * Packed.valueWidth)
    return single
  }

  private static func rows(_ values: [Float], _ start: Int, _ count: Int, _ columns: Int) -> [Float] {
    Array(values[start * columns..<(start + count) * columns])
  }

  @Test(arguments: InstructionSet.available) func optionsAtOnceEqualOneByOne(set: InstructionSet) throws {
    let context = try context(set)
    let heads = Packed.heads
    let singles = try Self.queries.indices.map { try Self.alone($0, of: try Self.call(biasGradient: 0)) }
    let expected = try singles.map { try $0.run(context) }
    for flags in 0..<8 {
      let call = try Self.call(biasGradient: flags)
      let problem = call.problem
      let (forward, together) = (try call.forward.run(context), try call.run(context))
      #expect(together.isFinite)
      let layout = problem.gradients.bias!
      var bias = [Float](repeating: 0, count: together.bias.count)
      for (sequence, single) in singles.enumerated() {
        let part = Packed.part(sequence, of: forward, problem)
        let one = try single.forward.run(context)
        expectNear(part.output, one.output, tolerance: 1e-5)
        expectNear(part.logSumExp, one.logSumExp, tolerance: 1e-5)
        let (first, rows) = (problem.queryStarts![sequence], Self.queries[sequence])
        let (firstKey, columns) = (problem.keyStarts![sequence], Self.keys[sequence])
        let gradients = expected[sequence]
        expectNear(
          Self.rows(together.queries, first, rows, heads * Packed.width), gradients.queries, tolerance: 1e-4)
        expectNear(
          Self.rows(together.keys, firstKey, columns, Packed.keyValueHeads * Packed.width), gradients.keys,
          tolerance: 1e-4)
        expectNear(
          Self.rows(together.values, firstKey, columns, Packed.keyValueHeads * Packed.valueWidth), gradients.values,
          tolerance: 1e-4)
        expectNear(
          Array(together.slopes[sequence * heads..<(sequence + 1) * heads]), gradients.slopes, tolerance: 5e-3)
        for head in 0..<heads {
          for query in 0..<rows {
            let place = layout.start(ofPlane: sequence * heads + head) + query * layout.rowStride
            for key in 0..<columns { bias[place + key] += gradients.bias[(head * rows + query) * columns + key] }
          }
        }
      }
      // Zeros where no sequence has a pair.
      expectNear(together.bias, bias, tolerance: 1e-4, "broadcast \(flags)")
      let sinks = (0..<heads).map { head in expected.reduce(Float(0)) { $0 + $1.sinks[head] } }
      expectNear(together.sinks, sinks, tolerance: 1e-4)
    }
  }

  @Test(arguments: InstructionSet.available) func bitsDoNotDependOnThreads(set: InstructionSet) throws {
    for flags in [0, 1, 7] {
      let call = try Self.call(biasGradient: flags)
      let first = try call.run(try context(set, threads: 1))
      for threads in [2, 3, 8] {
        let again = try call.run(try context(set, threads: threads))
        #expect(again == first, "\(threads) threads")
      }
    }
  }

  /// Elements that no sequence has a pair for are written too, and none twice.
  @Test func aBiasGradientIsWrittenOnce() throws {
    func written(_ change: (inout AttentionProblem) -> Void) throws -> Traffic {
      var problem = try Self.call(biasGradient: 0).problem
      change(&problem)
      let ledger = Ledger()
      let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 16 << 20)
      _ = try AttentionGradientCall(problem).run(context)
      return try #require(ledger.entries["attention-gradients"]).traffic
    }
    let (with, without) = (try written { _ in }, try written { $0.gradients.bias = nil })
    let elements = Self.queries.count * Packed.heads * Self.queries.max()! * Self.keys.max()!
    #expect(with.writtenBytes - without.writtenBytes == 4 * elements && with.readBytes == without.readBytes)
  }

  /// What a modifier is told of packed queries: its own sequence, head, query and place.
  @Test func aModifierSeesEachSequenceByItself() throws {
    let problem = Packed.problem(Self.queries, keys: Self.keys) { $0.mask = .causal() }
    let (queries, keys) = (Self.queries, Self.keys)
    let modifier = AttentionScoreModifier.hiding { run in
      let isItsOwn =
        run.query < queries[run.sequence] && run.position == run.query + keys[run.sequence] - queries[run.sequence]
        && run.keys.upperBound <= keys[run.sequence]
      for key in run.keys where !isItsOwn || (run.sequence + run.head + run.query + key) % 3 == 0 {
        run[key] = -.infinity
      }
    }
    var masked = problem
    masked.booleanMask = BatchedMatrixLayout(scoresOf: problem)
    var mask = try #require(try AttentionCall(masked).mask)
    let layout = masked.booleanMask!
    for sequence in queries.indices {
      for head in 0..<Packed.heads {
        for query in 0..<queries[sequence] {
          let start = layout.start(ofPlane: sequence * Packed.heads + head) + query * layout.rowStride
          for key in 0..<keys[sequence] {
            mask[start + key] = (sequence + head + query + key) % 3 == 0 ? 0 : 1
          }
        }
      }
    }
    let call = try AttentionGradientCall(problem)
    var gradients = call
    (gradients.forward.problem, gradients.forward.mask) = (masked, mask)
    let context = try context(.best)
    let (modified, plain) = (try call.passes(context, modifier: modifier), try gradients.passes(context))
    expectNear(modified, plain, tolerance: 1e-5, gradients: 1e-4)
  }
}

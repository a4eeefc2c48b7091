import Tessera
import Testing

/// A call and the same work in several calls: split keys, sequences one by one, tokens one by one.
@Suite struct AttentionPartsTests {
  @Test(arguments: AttentionPath.all) func splitKeysAndMergedEqualUnsplit(path: AttentionPath) throws {
    let context = try path.context
    let call = try AttentionCall(path.problem())
    let expected = try call.run(context)
    for split in [1, path.keys / 3, path.keys - 1, path.keys] {
      func part(_ keys: Range<Int>) throws -> AttentionCall.Result {
        var part = call
        part.problem.keyLength = keys.count
        for path in [\AttentionProblem.keys, \.values] {
          part.problem[keyPath: path].rows = keys.count
          part.problem[keyPath: path].offset = keys.lowerBound * part.problem[keyPath: path].rowStride
        }
        return try part.run(context)
      }
      let (first, second) = (try part(0..<split), try part(split..<path.keys))
      var (output, logSumExp) = (expected.output, expected.logSumExp)
      try mergeAttention(
        rows: logSumExp.count, valueDimension: 19, first: first.output.span, firstLogSumExp: first.logSumExp.span,
        second: second.output.span, secondLogSumExp: second.logSumExp.span, output: output.mutableSpan,
        logSumExp: logSumExp.mutableSpan, context: context)
      expectNear(output, expected.output, "split at \(split)")
      expectNear(logSumExp, expected.logSumExp, "split at \(split)")
    }
  }

  @Test(arguments: AttentionPath.all) func aBatchEqualsItsSequencesOneByOne(path: AttentionPath) throws {
    let context = try path.context
    let dropout = try Dropout(probability: 0.3, seed: 4, offset: 2)
    let lengths = [path.keys - 5, path.keys]
    let call = try AttentionCall(
      path.problem {
        ($0.dropout, $0.dropoutSequences, $0.keyLengths, $0.mask) = (dropout, [7, 3], lengths, .causal())
      })
    let batched = try call.run(context)
    for sequence in 0..<2 {
      var alone = try AttentionCall(
        AttentionProblem(
          batch: 1, queryHeads: 4, keyValueHeads: 2, queryLength: path.queries, keyLength: lengths[sequence],
          headDimension: 24, valueDimension: 19))
      (alone.problem.dropout, alone.problem.dropoutSequences) = (dropout, [[7, 3][sequence]])
      (alone.problem.mask, alone.problem.writesLogSumExp) = (.causal(), true)
      func place(_ layout: inout BatchedMatrixLayout, _ whole: BatchedMatrixLayout) {
        (layout.innerStride, layout.offset) = (whole.innerStride, sequence * whole.outerStride)
      }
      place(&alone.problem.queries, call.problem.queries)
      place(&alone.problem.keys, call.problem.keys)
      place(&alone.problem.values, call.problem.values)
      (alone.queries, alone.keys, alone.values) = (call.queries, call.keys, call.values)
      let result = try alone.run(context)
      let (size, rows) = (result.output.count, result.logSumExp.count)
      expectNear(result.output, Array(batched.output[sequence * size..<(sequence + 1) * size]))
      expectNear(result.logSumExp, Array(batched.logSumExp[sequence * rows..<(sequence + 1) * rows]))
    }
  }

  @Test(arguments: InstructionSet.available) func decodingTokenByTokenEqualsCausalPrefill(set: InstructionSet) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    let length = 41
    func problem(queries: Int, keys: Int) -> AttentionProblem {
      var problem = AttentionProblem(
        batch: 1, queryHeads: 6, keyValueHeads: 2, queryLength: queries, keyLength: keys, headDimension: 16,
        order: .rowsFirst)
      (problem.mask, problem.softcap, problem.writesLogSumExp) = (.causal(), 5, true)
      return problem
    }
    let call = try AttentionCall(problem(queries: length, keys: length))
    let expected = try call.run(context)
    for token in 0..<length {
      var step = call
      // The token before this one's cache ends where its key begins; queries go on at the end.
      step.problem = problem(queries: 1, keys: token + 1)
      step.problem.queries.offset = token * step.problem.queries.rowStride
      let result = try step.run(context)
      expectNear(result.output, Array(expected.output[token * 96..<(token + 1) * 96]), "token \(token)")
      expectNear(result.logSumExp, (0..<6).map { expected.logSumExp[$0 * length + token] }, "token \(token)")
    }
    // The same cache with room to spare, of which only the key lengths say how much is filled.
    for token in [0, 7, length - 1] {
      var step = call
      step.problem = problem(queries: 1, keys: length)
      step.problem.keyLengths = [token + 1]
      step.problem.queries.offset = token * step.problem.queries.rowStride
      for index in (token + 1) * 32..<length * 32 { (step.keys[index], step.values[index]) = (.nan, .nan) }
      let result = try step.run(context)
      expectNear(result.output, Array(expected.output[token * 96..<(token + 1) * 96]), "token \(token)")
    }
  }
}

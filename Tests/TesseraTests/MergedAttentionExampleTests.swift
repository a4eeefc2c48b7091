import Tessera
import Testing

/// The example of merged calls is compiled and run here, and must be the same text in docs/attention.md.
@Suite struct MergedAttentionExampleTests {
  @Test func theExampleRuns() throws {
    // README begins
    // 8 queries, the last of 40 tokens, whose keys lie in token rows: one call takes the first 16, another the rest.
    let (heads, queryLength, keyLength, width) = (4, 8, 40, 64)
    let queries = (0..<heads * queryLength * width).map { Float($0 % 7) / 7 }
    let keys = (0..<keyLength * heads * width).map { Float($0 % 5) / 5 }
    let values = (0..<keyLength * heads * width).map { Float($0 % 11) / 11 }
    var parts: [(output: [Float], logSumExp: [Float])] = []
    for range in [0..<16, 16..<keyLength] {
      var part = AttentionProblem(
        batch: 1, queryHeads: heads, queryLength: queryLength, keyLength: range.count, headDimension: width)
      part.keys = BatchedMatrixLayout(batch: 1, heads: heads, rows: range.count, columns: width, order: .rowsFirst)
      part.values = part.keys
      // Where query 0, which is token 32, stands among the part's keys.
      part.mask = .causal()
      part.queryOffsets = [keyLength - queryLength - range.lowerBound]
      part.writesLogSumExp = true
      let kept = try AttentionSavedTensors(for: part)
      let elements = range.lowerBound * heads * width..<range.upperBound * heads * width
      var output = [Float](repeating: 0, count: queries.count)
      try attention(
        part, queries: queries.span, keys: keys.span.extracting(elements), values: values.span.extracting(elements),
        output: output.mutableSpan, keeping: kept)
      parts.append((output, Array(kept.logSumExp.elements)))
    }
    let (first, second, rows) = (parts[0], parts[1], heads * queryLength)
    var output = [Float](repeating: 0, count: queries.count)
    var logSumExp = [Float](repeating: 0, count: rows)
    try mergeAttention(
      rows: rows, valueDimension: width, first: first.output.span, firstLogSumExp: first.logSumExp.span,
      second: second.output.span, secondLogSumExp: second.logSumExp.span, output: output.mutableSpan,
      logSumExp: logSumExp.mutableSpan)

    // The backward pass of one call over all keys takes both as if they were its forward pass's.
    var problem = AttentionProblem(
      batch: 1, queryHeads: heads, queryLength: queryLength, keyLength: keyLength, headDimension: width)
    problem.keys = BatchedMatrixLayout(batch: 1, heads: heads, rows: keyLength, columns: width, order: .rowsFirst)
    problem.values = problem.keys
    (problem.gradients.keys, problem.gradients.values) = (problem.keys, problem.keys)
    (problem.mask, problem.writesLogSumExp) = (.causal(), true)
    let kept = try AttentionSavedTensors(for: problem)
    try kept.setLogSumExp(logSumExp.span, of: problem)
    let outputGradient = output
    var (queriesGradient, keysGradient, valuesGradient) = (output, keys, values)
    try attentionGradients(
      problem, queries: queries.span, keys: keys.span, values: values.span, output: output.span, kept: kept,
      outputGradient: outputGradient.span, queriesGradient: queriesGradient.mutableSpan,
      keysGradient: keysGradient.mutableSpan, valuesGradient: valuesGradient.mutableSpan)
    // README ends

    // As one call over all keys has it, forward and backward.
    let own = try AttentionSavedTensors(for: problem)
    var whole = [Float](repeating: 0, count: queries.count)
    try attention(
      problem, queries: queries.span, keys: keys.span, values: values.span, output: whole.mutableSpan, keeping: own)
    expectNear(output, whole, tolerance: 1e-5)
    expectNear(logSumExp, Array(own.logSumExp.elements), tolerance: 1e-5)
    var (ownQueries, ownKeys, ownValues) = (output, keys, values)
    try attentionGradients(
      problem, queries: queries.span, keys: keys.span, values: values.span, output: whole.span, kept: own,
      outputGradient: outputGradient.span, queriesGradient: ownQueries.mutableSpan, keysGradient: ownKeys.mutableSpan,
      valuesGradient: ownValues.mutableSpan)
    expectNear(queriesGradient, ownQueries, tolerance: 1e-4)
    expectNear(keysGradient, ownKeys, tolerance: 1e-4)
    expectNear(valuesGradient, ownValues, tolerance: 1e-4)
  }

  @Test func thePageShowsIt() throws { try expectExample(of: #filePath, in: "docs/attention.md") }
}

import Tessera
import Testing

/// Packed problems of attention, and what each of their sequences is by itself.
enum PackedSequences {
  static let lengths = [33, 34, 47, 64, 65, 96, 100, 128, 63, 130]
  static let (heads, keyValueHeads, width, valueWidth) = (4, 2, 16, 19)

  static func problem(
    _ queries: [Int], keys: [Int]? = nil, _ change: (inout AttentionProblem) -> Void = { _ in }
  ) -> AttentionProblem {
    var problem = AttentionProblem(
      packed: queries, keyLengths: keys, queryHeads: heads, keyValueHeads: keyValueHeads,
      headDimension: width, valueDimension: valueWidth)
    problem.writesLogSumExp = true
    change(&problem)
    return problem
  }

  /// Options that a sequence takes with it.
  static func options() throws -> [(inout AttentionProblem) -> Void] {
    let dropout = try Dropout(probability: 0.2, seed: 5)
    return [
      { _ in }, { $0.mask = .causal() }, { $0.mask = .window(left: 20, right: 3, alignment: .topLeft) },
      { ($0.mask, $0.slopes, $0.hasSinks, $0.softcap, $0.dropout) = (.causal(), .perHead, true, 4, dropout) },
    ]
  }

  /// A sequence of a packed call as a call of its own, rows first.
  static func alone(_ sequence: Int, of call: AttentionCall) throws -> AttentionCall {
    let problem = call.problem
    let (queries, keys) = (problem.queryLengths![sequence], problem.keyLengths![sequence])
    var single = AttentionProblem(
      batch: 1, queryHeads: heads, keyValueHeads: keyValueHeads, queryLength: queries, keyLength: keys,
      headDimension: width, valueDimension: valueWidth, order: .rowsFirst)
    (single.mask, single.slopes, single.hasSinks, single.softcap) = (
      problem.mask, problem.slopes, problem.hasSinks, problem.softcap
    )
    (single.dropout, single.dropoutSequences) = (problem.dropout, [sequence])
    single.writesLogSumExp = true
    var result = try AttentionCall(single)
    func rows(_ values: [Float], _ starts: [Int]?, _ count: Int, _ columns: Int) -> [Float] {
      let start = starts![sequence] * columns
      return Array(values[start..<start + count * columns])
    }
    result.queries = rows(call.queries, problem.queryStarts, queries, heads * width)
    result.keys = rows(call.keys, problem.keyStarts, keys, keyValueHeads * width)
    result.values = rows(call.values, problem.keyStarts, keys, keyValueHeads * valueWidth)
    (result.slopes, result.sinks) = (call.slopes, call.sinks)
    return result
  }

  /// What a sequence has of a packed call's output and log-sum-exps.
  static func part(
    _ sequence: Int, of result: AttentionCall.Result, _ problem: AttentionProblem
  ) -> AttentionCall.Result {
    let (start, count) = (problem.queryStarts![sequence], problem.queryLengths![sequence])
    let columns = heads * valueWidth
    let tokens = problem.queries.rows
    return AttentionCall.Result(
      output: Array(result.output[start * columns..<(start + count) * columns]),
      logSumExp: (0..<heads).flatMap { head in
        result.logSumExp[head * tokens + start..<head * tokens + start + count]
      })
  }
}

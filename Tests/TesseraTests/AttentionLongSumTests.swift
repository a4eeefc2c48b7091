import Foundation
import Tessera
import Testing

/// Sums over very many keys and queries: their errors may not grow as those of one chain do.
@Suite struct AttentionLongSumTests {
  /// The greatest error of PyTorch 2.15's `scaled_dot_product_attention` on numbers of the same distribution was
  /// 9.4e-9.
  @Test(arguments: InstructionSet.available, [8, 16])
  func outputsOverTwentyThousandKeys(set: InstructionSet, queries: Int) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    // Heads enough that keys are not split for threads.
    let problem = AttentionProblem(batch: 1, queryHeads: 16, queryLength: queries, keyLength: 20_000, headDimension: 64)
    let call = try AttentionCall(problem)
    let output = try call.run(context).output
    var largest = 0.0
    for head in [0, 15] {
      for query in [0, queries - 1] {
        let expected = definition(of: call, head: head, query: query)
        let first = (head * queries + query) * 64
        for column in 0..<64 { largest = max(largest, abs(Double(output[first + column]) - expected[column])) }
      }
    }
    #expect(largest <= 9.4e-9)
  }

  /// One row in double.
  private func definition(of call: AttentionCall, head: Int, query: Int) -> [Double] {
    let (problem, width) = (call.problem, call.problem.headDimension)
    let row = (head * problem.queryLength + query) * width
    let scores = (0..<problem.keyLength).map { key in
      let first = (head * problem.keyLength + key) * width
      return (0..<width).reduce(0.0) { $0 + Double(call.queries[row + $1]) * Double(call.keys[first + $1]) }
        * Double(problem.scale)
    }
    let weights = scores.map { exp($0) }
    let total = weights.reduce(0, +)
    return (0..<width).map { column in
      let sum = (0..<problem.keyLength).reduce(0.0) { sum, key in
        sum + weights[key] * Double(call.values[(head * problem.keyLength + key) * width + column])
      }
      return sum / total
    }
  }
}

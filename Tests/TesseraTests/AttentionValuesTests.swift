import Tessera
import Testing

/// The product with the values: where they lie or packed, and as the last thing that is done to a row.
@Suite struct AttentionValuesTests {
  /// Values without gaps, in whole vectors, are multiplied where they lie, others packed: the same bits, over one tile
  /// and several.
  @Test(arguments: InstructionSet.available, [16, 80, 144])
  func gapsChangeNoBit(set: InstructionSet, columns: Int) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    for (queries, keys) in [(9, 5), (16, 16), (40, 150), (100, 600)] {
      for mask in [.full, .causal()] as [AttentionMask] {
        var problem = AttentionProblem(
          batch: 2, queryHeads: 2, queryLength: queries, keyLength: keys, headDimension: 20, valueDimension: columns)
        (problem.mask, problem.writesLogSumExp) = (mask, true)
        var call = try AttentionCall(problem)
        let expected = try call.run(context)
        let values = call.values
        let stride = columns + 7
        call.problem.values = BatchedMatrixLayout(
          planes: 4, innerPlanes: 2, rows: keys, columns: columns, outerStride: 2 * keys * stride,
          innerStride: keys * stride, rowStride: stride)
        call.values = Array(repeating: .nan, count: 4 * keys * stride)
        for row in 0..<(4 * keys) {
          for column in 0..<columns { call.values[row * stride + column] = values[row * columns + column] }
        }
        #expect(try call.run(context) == expected, "\(queries) queries, \(keys) keys, \(mask)")
      }
    }
  }

  /// A row with nothing above −inf is 0, whatever the values, also where no position hides them.
  @Test(arguments: InstructionSet.available, [(3, 1), (12, 1), (12, 2)])
  func aBiasOfMinusInfinityGivesZeros(set: InstructionSet, shape: (queries: Int, group: Int)) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    for columns in [16, 24] {
      var problem = AttentionProblem(
        batch: 1, queryHeads: shape.group, keyValueHeads: 1, queryLength: shape.queries, keyLength: 20,
        headDimension: columns)
      problem.bias = BatchedMatrixLayout(scoresOf: problem, heads: true)
      problem.writesLogSumExp = true
      var call = try AttentionCall(problem)
      for key in 0..<20 { call.bias![20 + key] = -.infinity }
      call.values[3 * columns + 1] = .nan
      let result = try call.run(context)
      for row in 0..<(shape.group * shape.queries) {
        let output = result.output[row * columns..<(row + 1) * columns]
        if row % shape.queries == 1 {
          #expect(output.allSatisfy { $0 == 0 })
          #expect(result.logSumExp[row] == -.infinity)
        } else {
          #expect(output.map(\.isNaN) == (0..<columns).map { $0 == 1 })
          #expect(result.logSumExp[row].isFinite)
        }
      }
    }
  }
}

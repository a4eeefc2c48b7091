import Tessera
import Testing

@Suite struct SoftmaxExtremesTests {
  /// One score of 1e4 among zeros, at every place: a maximum that misses a lane lets exp overflow.
  @Test(arguments: InstructionSet.allCases)
  func aDominatingScoreTakesEverything(instructionSet: InstructionSet) throws {
    guard instructionSet.isAvailable else {
      print("skipped: softmax with \(instructionSet), which this machine cannot run")
      return
    }
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 1), instructionSet: instructionSet)
    for columns in [1, 7, 8, 9, 31, 64, 67, 150] {
      for place in 0..<columns {
        var scores = [Float](repeating: 0, count: columns)
        scores[place] = 1e4
        var output = [Float](repeating: 7, count: columns)
        try softmax(
          scores.span, MatrixLayout(rows: 1, columns: columns), output: output.mutableSpan, context: context)
        var expected = [Float](repeating: 0, count: columns)
        expected[place] = 1
        #expect(output == expected, "\(columns) columns, score at \(place)")
      }
    }
  }
}

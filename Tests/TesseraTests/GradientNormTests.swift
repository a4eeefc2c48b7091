import Tessera
import Testing

/// The norm that gradients are clipped by.
@Suite struct GradientNormTests {
  /// Sums of whole numbers are exact in any order, and tails and gaps have no part in them.
  @Test(arguments: InstructionSet.available) func squaresAreExact(set: InstructionSet) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    for (rows, columns) in [(1, 1), (3, 31), (2, 32), (5, 33), (7, 100), (1, 70_001), (300, 1025)] {
      for gap in [0, 3] {
        let layout = MatrixLayout(rows: rows, columns: columns, rowStride: columns + gap)
        var elements = [Float](repeating: .nan, count: rows * (columns + gap))
        var expected = 0.0
        for row in 0..<rows {
          for column in 0..<columns {
            let value = (row * 7 + column) % 2001 - 1000
            elements[row * (columns + gap) + column] = Float(value)
            expected += Double(value * value)
          }
        }
        let sum = try sumOfSquares(elements.span, layout, context: context)
        #expect(sum == expected, "\(rows) x \(columns), \(gap)")
      }
    }
  }

  /// Every variant and number of threads have the same bits, also of numbers whose sum is rounded.
  @Test func bitsAreThoseOfAllVariants() throws {
    let elements = SamplingTests.uniform(200_003, seed: 1)
    let layout = MatrixLayout(rows: 1, columns: elements.count)
    var sums: Set<UInt64> = []
    for set in InstructionSet.available {
      for threads in [1, 2, 3, 8] {
        let context = ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: set)
        let sum = try sumOfSquares(elements.span, layout, context: context)
        sums.insert(sum.bitPattern)
      }
    }
    #expect(sums.count == 1)
  }

  @Test func largeAndManyGradientsStayFinite() throws {
    let large = [Float](repeating: 1e30, count: 100)
    let sumOfLarge = try sumOfSquares(large.span, MatrixLayout(rows: 10, columns: 10))
    #expect(abs(sumOfLarge / 1e62 - 1) < 1e-6)
    let many = [Float](repeating: 0.1, count: 1_000_000)
    let sum = try sumOfSquares(many.span, MatrixLayout(rows: 1000, columns: 1000))
    let square = Double(Float(0.1)) * Double(Float(0.1))
    #expect(abs(sum / (1e6 * square) - 1) < 1e-12)
  }

  @Test func scaleIsAtMostOne() throws {
    var norm = GradientNorm()
    #expect(norm.scale(maximum: 1) == 1)
    let (three, four): ([Float], [Float]) = ([3], [0, 4])
    try norm.add(three.span, MatrixLayout(rows: 1, columns: 1))
    try norm.add(four.span, MatrixLayout(rows: 2, columns: 1))
    #expect(norm.sumOfSquares == 25 && norm.norm == 5)
    #expect(norm.scale(maximum: 5) == 1 && norm.scale(maximum: 7) == 1)
    #expect(norm.scale(maximum: 1) == 0.2)
    for wrong in [0, -1, .nan] { #expect(norm.scale(maximum: wrong).isNaN) }
    for value in [Float.nan, .infinity] {
      var broken = norm
      let gradient = [value]
      try broken.add(gradient.span, MatrixLayout(rows: 1, columns: 1))
      #expect(broken.scale(maximum: 1).isNaN)
    }
  }
}

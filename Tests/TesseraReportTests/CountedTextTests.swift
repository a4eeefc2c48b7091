import Tessera
import TesseraReport
import Testing

/// Texts of one of a kind, and of what is not a number.
@Suite struct CountedTextTests {
  @Test func aLinearMapOfOneRowAndColumn() throws {
    let problem = try BenchProblem(operatorName: "linear", extents: [.rows: 1, .columns: 1, .depth: 3])
    let one = try LinearComparison(problem, context: context(threads: 1)).run(pairs: 1)
    #expect(one.text.contains("linear: 1 row, 1 column, depth 3; 1 thread, warm"), "\(one.text)")
  }

  @Test func aComparisonOfOneShape() throws {
    let shape = ComparisonShape(length: 16, headDimension: 8, heads: 1, batch: 1, mask: "none")
    let one = try ComparisonRun([shape], pairs: 1, context: context(threads: 1))
    #expect(one.text.contains("\n1 thread, ") && one.text.contains(": 1 shape, 1 compared"), "\(one.text)")
    #expect(PairedTimes(tiled: [1], materialised: [2]).text.hasSuffix(" of 1 pair"))
  }

  @Test func figuresThatAreNoNumbers() {
    #expect(Number.fixed(-.nan, 1) == "nan" && Number.fixed(.nan, 0) == "nan")
    #expect(Number.fixed(-.infinity, 1) == "-inf" && Number.fixed(-1.25, 1) == "-1.2")
  }
}

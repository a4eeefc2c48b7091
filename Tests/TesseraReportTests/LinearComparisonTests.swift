import Foundation
import Tessera
import TesseraReport
import Testing

/// The library's linear map beside OpenBLAS's.
@Suite struct LinearComparisonTests {
  private func problem(_ rows: Int, _ columns: Int, _ depth: Int, isPacked: Bool = false) throws -> BenchProblem {
    try BenchProblem(operatorName: "linear", extents: [.rows: rows, .columns: columns, .depth: depth]) { request in
      request.packsWeights = isPacked
    }
  }

  @Test(arguments: [(1, 1, 1), (5, 7, 3), (33, 130, 65), (257, 96, 48)], [false, true])
  func agree(_ sizes: (Int, Int, Int), isPacked: Bool) throws {
    let comparison = try LinearComparison(problem(sizes.0, sizes.1, sizes.2, isPacked: isPacked), context: context())
    let result = try comparison.run(pairs: 3)
    #expect(result.isPacked == isPacked && result.text.contains("packed weights") == isPacked)
    #expect(comparison.largestDifference < 1e-4)
    #expect(result.pairs == 3 && result.medianRatio > 0 && result.peakGflops > 0)
    #expect((result.rows, result.columns, result.depth) == sizes)
    let operations = Double(2 * sizes.0 * sizes.1 * sizes.2)
    for (time, percent) in [
      (result.linearMicroseconds, result.linearPercentOfPeak),
      (result.openblasMicroseconds, result.openblasPercentOfPeak),
    ] {
      #expect(time > 0 && abs(operations / time / 1e3 / result.peakGflops * 100 - percent) <= 1e-9 * percent)
    }
  }

  @Test func textAndJSON() throws {
    let result = try LinearComparison(problem(4, 5, 6), context: context()).run(pairs: 1)
    #expect(result.text.contains(result.openblasCore) && result.text.contains("median of 1 pair:"))
    let object = try #require(try JSONSerialization.jsonObject(with: JSONEncoder().encode(result)) as? [String: Any])
    #expect(
      Set(object.keys).subtracting(["openblasReplacedCore", "openblasWarning"]) == [
        "rows", "columns", "depth", "isPacked", "threads", "isa", "openblasCore", "linearMicroseconds",
        "openblasMicroseconds",
        "medianRatio", "pairs", "peakGflops", "linearPercentOfPeak", "openblasPercentOfPeak",
      ])
  }

  @Test func refused() throws {
    let relu = try BenchProblem(operatorName: "relu", extents: [.rows: 4, .columns: 4])
    #expect(throws: TesseraError.self) { try LinearComparison(relu, context: context()) }
    #expect(throws: TesseraError.self) { try LinearComparison(problem(4, 4, 4), context: context()).run(pairs: 0) }
    #expect(throws: TesseraError.self) { try LinearComparison(problem(1 << 20, 1 << 20, 1), context: context()) }
  }
}

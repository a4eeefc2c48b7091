import TesseraCore
import TesseraReference
import Testing

/// The gradient of an embedding table against central differences of the forward oracle.
@Suite struct EmbeddingRowsGradientOracleTests {
  private static let extents: Extents = [.rows: 6, .columns: 3, .vocabulary: 5]

  @Test func ofTheTable() {
    let inputs = ["table": numbers(15), "ids": [4, 0, 4, 2, 4, 0]]
    let gradient = numbers(18, seed: 8)
    let expected = centralDifferences("table", inputs) {
      weighted(oracle("embedding-rows", Self.extents, $0)["output"], by: gradient)
    }
    var operands = inputs
    operands["output-gradient"] = gradient
    let result = oracle("embedding-rows-gradient", Self.extents, operands)
    #expect(isClose(result["table-gradient"], expected, tolerance: 1e-8))
    operands["earlier-table-gradient"] = numbers(15, seed: 9)
    let added = oracle("embedding-rows-gradient", Self.extents, operands) { $0.isInPlace = true }
    let sums = zip(operands["earlier-table-gradient"]!, expected).map { $0 + $1 }
    #expect(isClose(added["table-gradient"], sums, tolerance: 1e-8))
  }
}

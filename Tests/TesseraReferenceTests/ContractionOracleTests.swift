import TesseraCore
import TesseraReference
import Testing

/// Matrix products by hand, and their linearity.
@Suite struct ContractionOracleTests {
  @Test func linearByHand() {
    let result = oracle(
      "linear", [.rows: 2, .columns: 2, .depth: 3],
      ["input": [1, 2, 3, 4, 5, 6], "weight": [1, 0, -1, 2, 1, 0]])
    #expect(result["output"] == [-2, 4, -2, 13])
  }

  @Test func bothOrientationsOfTheRightOperand() {
    let extents: Extents = [.planes: 2, .rows: 1, .columns: 2, .depth: 3]
    let left: [Double] = [1, 2, 3, 0, 1, 0]
    let straight = oracle(
      "batched-contraction", extents, ["left": left, "right": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]])
    #expect(straight["output"] == [22, 28, 9, 10])
    let transposed = oracle(
      "batched-contraction", extents, ["left": left, "right": [1, 3, 5, 2, 4, 6, 7, 9, 11, 8, 10, 12]]
    ) { $0.transposesRight = true }
    #expect(transposed["output"] == straight["output"])
  }

  @Test func noDepthGivesZeros() {
    let result = oracle("linear", [.rows: 2, .columns: 3, .depth: 0], ["input": [], "weight": []])
    #expect(result["output"] == [0, 0, 0, 0, 0, 0])
  }

  @Test func linearInEachOperand() {
    let extents: Extents = [.planes: 2, .rows: 3, .columns: 4, .depth: 5]
    func product(_ left: [Double], _ right: [Double]) -> [Double] {
      oracle("batched-contraction", extents, ["left": left, "right": right])["output"]!
    }
    let (a, b, right) = (numbers(30), numbers(30, seed: 2), numbers(40, seed: 3))
    let sum = product(zip(a, b).map { 2 * $0 + $1 }, right)
    #expect(isClose(zip(product(a, right), product(b, right)).map { 2 * $0 + $1 }, sum))
    #expect(isClose(product(a, right.map { -3 * $0 }), product(a, right).map { -3 * $0 }))
  }
}

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

  @Test func whatRidesOnAProductByHand() {
    let extents: Extents = [.rows: 2, .columns: 2, .depth: 3]
    let inputs: [String: [Double]] = [
      "input": [1, 2, 3, 4, 5, 6], "weight": [1, 0, -1, 2, 1, 0], "residual": [10, 20, 30, 40], "bias": [1, -5],
    ]
    #expect(oracle("linear-residual", extents, inputs)["output"] == [8, 24, 28, 53])
    let dropped = oracle("linear-bias-dropout-residual", extents, inputs) { $0.mode = .inference }
    #expect(dropped["output"] == [9, 19, 29, 48])
    let activated = oracle("linear-bias-activation-dropout", extents, inputs) { $0.mode = .inference }
    #expect(activated["output"] == [0, 0, 0, 8] && activated["activation-input"] == [-2, 4, -2, 13])
    let gated = oracle(
      "linear-gated-activation", extents,
      ["input": inputs["input"]!, "gate-weight": inputs["weight"]!, "up-weight": [1, 1, 1, 0, 0, 1]])
    #expect(gated["output"] == [0, 12, 0, 78] && gated["gate"] == [-2, 4, -2, 13] && gated["up"] == [6, 3, 15, 6])
    let heads = oracle(
      "linear-attention-input-bias",
      [.batch: 1, .queryLength: 2, .queryHeads: 1, .keyValueHeads: 1, .headDimension: 1, .depth: 2],
      ["input": [1, 2, 3, 4], "weight": [1, 0, 0, 1, 1, 1], "bias": [10, 20, 30]])
    #expect(heads == ["queries": [11, 13], "keys": [22, 24], "values": [33, 37]])
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

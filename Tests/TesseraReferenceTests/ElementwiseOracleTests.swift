import TesseraCore
import TesseraReference
import Testing

/// The element-wise definitions against values worked out by hand.
@Suite struct ElementwiseOracleTests {
  static let twoByTwo: Extents = [.rows: 2, .columns: 2]

  @Test func biasAddsToColumns() {
    let result = oracle("bias", Self.twoByTwo, ["input": [1, 2, 3, 4], "bias": [10, 20]])
    #expect(result["output"] == [11, 22, 13, 24])
  }

  @Test func scaleMultiplies() {
    let result = oracle("scale", Self.twoByTwo, ["input": [1, -2, 3, 4]]) { $0.scale = -0.5 }
    #expect(result["output"] == [-0.5, 1, -1.5, -2])
  }

  @Test func reluKeepsNaN() throws {
    let output = try #require(oracle("relu", Self.twoByTwo, ["input": [-1, .nan, 3, -.infinity]])["output"])
    #expect(output[0] == 0 && output[1].isNaN && output[2] == 3 && output[3] == 0)
  }

  @Test func residualAdds() {
    let result = oracle("residual", Self.twoByTwo, ["input": [1, 2, 3, 4], "residual": [4, 3, 2, -4]])
    #expect(result["output"] == [5, 5, 5, 0])
  }

  /// Values of the definitions from mpmath, 20 digits.
  @Test func activationsByTheirDefinitions() {
    let input: [Double] = [1, -2, 0, 0.5]
    for (name, expected) in [
      ("gelu", [0.84134474606854294859, -0.04550026389635841440, 0, 0.34573123063700655182]),
      ("gelu-tanh", [0.84119199060827670478, -0.04540230591222498122, 0, 0.34571400982514392206]),
      ("silu", [0.73105857863000487925, -0.23840584404423511188, 0, 0.31122966560092726997]),
    ] {
      #expect(isClose(oracle(name, Self.twoByTwo, ["input": input])["output"], expected, tolerance: 1e-14), "\(name)")
    }
  }

  @Test func activationsHaveTheirLimits() throws {
    for name in ["relu", "gelu", "gelu-tanh", "silu"] {
      let output = try #require(
        oracle(name, Self.twoByTwo, ["input": [.infinity, -.infinity, .nan, -1e30]])["output"])
      #expect(output[0] == .infinity && output[1] == 0 && output[2].isNaN && output[3] == 0, "\(name)")
    }
  }

  @Test func gatesMultiply() {
    let result = oracle("reglu", Self.twoByTwo, ["gate": [1, -2, 3, 4], "up": [5, 6, -7, 0.5]])
    #expect(result["output"] == [5, 0, -21, 2])
  }

  @Test func fusedOnesAreTheirParts() {
    let inputs: [String: [Double]] = ["input": [1, -2, 3, -4], "bias": [1, -1], "residual": [10, 20, 30, 40]]
    // Everything is kept, then nothing.
    for (probability, factor) in [(0.0, 1.0), (1, 0)] {
      let brd = oracle("bias-activation-dropout", Self.twoByTwo, inputs) { $0.dropProbability = probability }
      #expect(brd["output"] == [2 * factor, 0, 4 * factor, 0])
      let bdr = oracle("bias-dropout-residual", Self.twoByTwo, inputs) { $0.dropProbability = probability }
      #expect(bdr["output"] == [10 + 2 * factor, 20 - 3 * factor, 30 + 4 * factor, 40 - 5 * factor])
    }
    let inference = oracle("bias-activation-dropout", Self.twoByTwo, inputs) {
      $0.dropProbability = 1
      $0.mode = .inference
    }
    #expect(inference["output"] == [2, 0, 4, 0])
    #expect(oracle("bias-relu-residual", Self.twoByTwo, inputs)["output"] == [12, 20, 34, 40])
  }

  @Test func inputBiasSplitsHeads() {
    // Two tokens of two query heads, one key head and one value head, one column each.
    let result = oracle(
      "attention-input-bias",
      [.batch: 1, .queryLength: 2, .queryHeads: 2, .keyValueHeads: 1, .headDimension: 1],
      ["input": [1, 2, 3, 4, 5, 6, 7, 8], "bias": [10, 20, 30, 40]])
    #expect(result == ["queries": [11, 15, 22, 26], "keys": [33, 37], "values": [44, 48]])
  }
}

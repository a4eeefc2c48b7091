import TesseraCore
import TesseraReference
import Testing

/// Softmax and layer norm: known values, edge cases and properties.
@Suite struct NormalizationOracleTests {
  @Test func softmaxOfKnownRows() {
    // e / (1 + e + e²) and its neighbours, as printed in many places: 0.0900, 0.2447, 0.6652.
    let known = oracle("softmax", [.rows: 1, .columns: 3], ["input": [1, 2, 3]])
    #expect(isClose(known["output"], [0.090030573170380, 0.244728471054798, 0.665240955774822]))
    let equal = oracle("softmax", [.rows: 1, .columns: 4], ["input": [1e4, 1e4, 1e4, 1e4]])
    #expect(equal["output"] == [0.25, 0.25, 0.25, 0.25])
    // Odds of 1 : 3.
    let odds = oracle("softmax", [.rows: 1, .columns: 2], ["input": [0, 1.0986122886681098]])
    #expect(isClose(odds["output"], [0.25, 0.75]))
  }

  @Test func softmaxOfRowsThatSeeNothingOrTooMuch() throws {
    let hidden = -Double.infinity
    let rows: [Double] = [hidden, hidden, hidden, 5, hidden, .nan, 1, .infinity, 1e4, -1e4]
    let output = try #require(oracle("softmax", [.rows: 5, .columns: 2], ["input": rows])["output"])
    #expect(Array(output[0..<4]) == [0, 0, 0, 1])
    #expect(output[4..<8].allSatisfy { $0.isNaN })
    #expect(Array(output[8...]) == [1, 0])
  }

  @Test func softmaxRowsSumToOneAndIgnoreAConstant() throws {
    let input = numbers(7 * 13)
    let extents: Extents = [.rows: 7, .columns: 13]
    let output = try #require(oracle("softmax", extents, ["input": input])["output"])
    let shifted = oracle("softmax", extents, ["input": input.map { $0 + 3.5 }])
    #expect(isClose(shifted["output"], output))
    for row in 0..<7 { #expect(abs(output[row * 13..<row * 13 + 13].reduce(0, +) - 1) < 1e-14) }
  }

  /// Mean 2, variance (1 + 1) / 2 = 1, so ±1 / √(1 + ε).
  @Test func layerNormByHand() {
    let result = oracle(
      "layer-norm", [.rows: 1, .columns: 2], ["input": [1, 3], "weight": [2, 10], "shift": [0.5, -1]]
    ) { $0.epsilon = 3 }
    #expect(isClose(result["output"], [-0.5, 4]))
  }

  @Test func layerNormHasMeanZeroAndUnitVariance() throws {
    let result = oracle(
      "layer-norm", [.rows: 3, .columns: 50],
      ["input": numbers(150), "weight": Array(repeating: 1, count: 50), "shift": Array(repeating: 0, count: 50)]
    ) { $0.epsilon = 0 }
    let output = try #require(result["output"])
    for row in 0..<3 {
      let values = output[row * 50..<row * 50 + 50]
      #expect(abs(values.reduce(0, +)) < 1e-12)
      #expect(abs(values.reduce(0) { $0 + $1 * $1 } / 50 - 1) < 1e-12)
    }
  }

  @Test func fusedIsTheCompositionOfItsParts() throws {
    let extents: Extents = [.rows: 4, .columns: 11]
    let (input, residual) = (numbers(44), numbers(44, seed: 2))
    let (bias, weight, shift) = (numbers(11, seed: 3), numbers(11, seed: 4), numbers(11, seed: 5))
    func options(_ options: inout OperatorRequest) { (options.dropProbability, options.seed) = (0.3, 42) }
    let fused = oracle(
      "bias-dropout-residual-layer-norm", extents,
      ["input": input, "bias": bias, "residual": residual, "weight": weight, "shift": shift], options)
    let biased = oracle("bias", extents, ["input": input, "bias": bias])["output"]
    let dropped = oracle("dropout", extents, ["input": biased!], options)["output"]
    let sum = try #require(
      oracle("residual", extents, ["input": dropped!, "residual": residual])["output"])
    let output = oracle("layer-norm", extents, ["input": sum, "weight": weight, "shift": shift])["output"]
    #expect(fused["sum"] == sum)
    #expect(isClose(fused["output"], output!))
    #expect(isClose(fused["mean"], (0..<4).map { sum[$0 * 11..<$0 * 11 + 11].reduce(0, +) / 11 }))
  }

  /// The mean square of 1 and 7 is 25, so with ε = 11 the root is 6.
  @Test func rmsNormByHand() {
    let result = oracle("rms-norm", [.rows: 1, .columns: 2], ["input": [1, 7], "weight": [6, 12]]) { $0.epsilon = 11 }
    #expect(isClose(result["output"], [1, 14]))
    #expect(isClose(result["inverse-root-mean-square"], [1.0 / 6]))
    let inference = oracle("rms-norm", [.rows: 1, .columns: 2], ["input": [1, 7], "weight": [6, 12]]) {
      ($0.epsilon, $0.mode) = (11, .inference)
    }
    #expect(inference.keys.sorted() == ["output"])
  }

  @Test func fusedRMSNormIsTheCompositionOfItsParts() throws {
    let extents: Extents = [.rows: 4, .columns: 11]
    let inputs = ["input": numbers(44), "residual": numbers(44, seed: 2), "weight": numbers(11, seed: 4)]
    let bias = numbers(11, seed: 3)
    func options(_ options: inout OperatorRequest) { (options.dropProbability, options.seed) = (0.3, 42) }
    let name = "bias-dropout-residual-rms-norm"
    for bias in [bias, nil] {
      let fused = oracle(name, extents, bias.map { inputs.merging(["bias": $0]) { $1 } } ?? inputs, options)
      let biased = bias.map { oracle("bias", extents, ["input": inputs["input"]!, "bias": $0])["output"]! }
      let dropped = oracle("dropout", extents, ["input": biased ?? inputs["input"]!], options)["output"]
      let sum = oracle("residual", extents, ["input": dropped!, "residual": inputs["residual"]!])["output"]!
      let norm = oracle("rms-norm", extents, ["input": sum, "weight": inputs["weight"]!])
      #expect(fused["sum"] == sum)
      #expect(fused["output"] == norm["output"])
      #expect(fused["inverse-root-mean-square"] == norm["inverse-root-mean-square"])
    }
    for name in [name, "bias-dropout-residual-layer-norm"] {
      let returned = oracle(name, extents, inputs.merging(["bias": bias, "shift": bias]) { $1 }) {
        ($0.mode, $0.returnsSum) = (.inference, true)
      }
      #expect(returned.keys.sorted() == ["output", "sum"])
    }
  }

  @Test func fusedInferenceDropsAndKeepsNothing() {
    let inputs = ["input": [1.0, 2], "bias": [1, 0], "residual": [0, 2], "weight": [1, 1], "shift": [0, 0]]
    let result = oracle("bias-dropout-residual-layer-norm", [.rows: 1, .columns: 2], inputs) {
      ($0.mode, $0.dropProbability, $0.epsilon) = (.inference, 1, 0)
    }
    #expect(result.keys.sorted() == ["output"])
    // The sum is 2, 4.
    #expect(isClose(result["output"], [-1, 1]))
  }
}

import TesseraCore
import TesseraReference
import Testing

/// The gradients of norms against central differences of the forward oracle, and by hand.
@Suite struct NormalizationGradientOracleTests {
  private static let extents: Extents = [.rows: 5, .columns: 7]
  private static let names = ["layer-norm", "rms-norm"]

  private struct Forward {
    var norm: String
    var hasBias = true
    var returnsSum = false
    var dropProbability = 0.4
    var mode = ExecutionMode.training

    var name: String { "bias-dropout-residual-" + norm }
    var statistics: [String] { norm == "layer-norm" ? ["mean", "inverse-deviation"] : ["inverse-root-mean-square"] }
    var parameters: [String] { norm == "layer-norm" ? ["weight", "shift"] : ["weight"] }

    func configure(_ request: inout OperatorRequest) {
      (request.dropProbability, request.seed, request.offset) = (dropProbability, 77, 3)
      (request.epsilon, request.mode, request.returnsSum) = (0.01, mode, returnsSum)
    }

    var inputs: [String: [Double]] {
      let rows = ["bias": numbers(7, seed: 3), "weight": numbers(7, seed: 4), "shift": numbers(7, seed: 5)]
      return rows.merging(["input": numbers(35), "residual": numbers(35, seed: 2)]) { $1 }
        .filter { norm == "layer-norm" || $0.key != "shift" }
    }

    func outputs(_ inputs: [String: [Double]]) -> [String: [Double]] {
      oracle(name, extents, inputs) { configure(&$0) }
    }
  }

  @Test(arguments: names, [false, true]) func ofTheMatrices(norm: String, returnsSum: Bool) throws {
    for dropProbability in [0, 0.4, 1] {
      let forward = Forward(norm: norm, returnsSum: returnsSum, dropProbability: dropProbability)
      let (inputs, outputs) = (forward.inputs, forward.outputs(forward.inputs))
      let (gradient, ofSum) = (numbers(35, seed: 8), numbers(35, seed: 9))
      func loss(_ inputs: [String: [Double]]) -> Double {
        let outputs = forward.outputs(inputs)
        return weighted(outputs["output"], by: gradient) + (returnsSum ? weighted(outputs["sum"], by: ofSum) : 0)
      }
      var operands = ["output-gradient": gradient, "sum-gradient": ofSum, "weight": inputs["weight"]!]
      for name in forward.statistics + ["sum"] { operands[name] = outputs[name] }
      let result = oracle(forward.name + "-gradient", Self.extents, operands) { forward.configure(&$0) }
      for name in ["residual", "input"] {
        let expected = centralDifferences(name, inputs, loss)
        #expect(isClose(result[name + "-gradient"], expected, tolerance: 1e-7), "\(name), \(dropProbability)")
      }
    }
  }

  @Test(arguments: names) func ofTheParameters(norm: String) throws {
    let forward = Forward(norm: norm)
    let (inputs, outputs) = (forward.inputs, forward.outputs(forward.inputs))
    let (first, second) = (numbers(35, seed: 8), numbers(35, seed: 9))
    let sum = zip(first, second).map { $0 + $1 }
    var operands = ["output-gradient": sum, "weight": inputs["weight"]!]
    for name in forward.statistics + ["sum"] { operands[name] = outputs[name] }
    let rows = oracle(forward.name + "-gradient", Self.extents, operands) { forward.configure(&$0) }
    let alone = oracle(norm + "-parameter-gradients", Self.extents, operands)
    (operands["output-gradient"], operands["second-gradient"]) = (first, second)
    operands["input-gradient"] = rows["input-gradient"]
    let ofTwo = oracle("residual-" + norm + "-parameter-gradients", Self.extents, operands)
    #expect(ofTwo["gradient-sum"] == sum)
    func loss(_ inputs: [String: [Double]]) -> Double { weighted(forward.outputs(inputs)["output"], by: sum) }
    for name in forward.parameters + ["bias"] {
      let expected = centralDifferences(name, inputs, loss)
      #expect(isClose(ofTwo[name + "-gradient"], expected, tolerance: 1e-7), "\(name)")
      #expect(name == "bias" || isClose(alone[name + "-gradient"], expected, tolerance: 1e-7), "\(name), alone")
    }
  }

  /// g is 1, 3; x is 1, −1: mean(g) = 2 and mean(g · x) = −1, so that nothing is left: 1 − 2 + 1 and 3 − 2 − 1.
  @Test func byHand() {
    let operands = [
      "output-gradient": [1, 1.5], "sum": [7, 3], "mean": [5], "inverse-deviation": [0.5], "weight": [1, 2.0],
      "sum-gradient": [10, 20],
    ]
    func gradient(_ change: (inout OperatorRequest) -> Void) -> [Double]? {
      oracle("bias-dropout-residual-layer-norm-gradient", [.rows: 1, .columns: 2], operands, change)[
        "residual-gradient"]
    }
    #expect(gradient { _ in } == [0, 0])
    #expect(gradient { $0.returnsSum = true } == [10, 20])
    let rms = oracle(
      "bias-dropout-residual-rms-norm-gradient", [.rows: 1, .columns: 2],
      [
        "output-gradient": [1, 1.5], "sum": [2, -2], "inverse-root-mean-square": [0.5], "weight": [1, 2],
      ])
    // (1 + 1) / 2 and (3 − 1) / 2.
    #expect(rms["residual-gradient"] == [1, 1])
  }
}

import TesseraCore
import TesseraReference
import Testing

/// The gradient of a linear map's input with what rides on it, against central differences of the forward operators.
@Suite struct FusedLinearGradientOracleTests {
  @Test(arguments: Activation.allCases, [0, 0.4, 1]) func throughActivationAndDropout(
    activation: Activation, dropProbability: Double
  ) {
    let (rows, columns, depth) = (3, 4, 7)
    func configure(_ request: inout OperatorRequest) {
      (request.activation, request.dropProbability, request.seed) = (activation, dropProbability, 77)
    }
    let extents: Extents = [.rows: rows, .columns: columns, .depth: depth]
    let inputs = ["input": numbers(rows * depth), "bias": numbers(depth, seed: 3)]
    let (weight, gradient) = (numbers(columns * depth, seed: 5), numbers(rows * columns, seed: 8))
    func activated(_ inputs: [String: [Double]]) -> [Double] {
      oracle(
        "bias-activation-dropout", [.planes: 1, .rows: rows, .columns: depth], inputs, configure)["output"]!
    }
    let result = oracle(
      "linear-input-gradient-activation-dropout", extents,
      [
        "output-gradient": gradient, "weight": weight, "activation-output": activated(inputs),
        "activation-input": inputs["input"]!, "bias": inputs["bias"]!,
      ], configure)
    let expected = centralDifferences("input", inputs) { changed in
      weighted(oracle("linear", extents, ["input": activated(changed), "weight": weight])["output"], by: gradient)
    }
    #expect(isClose(result["input-gradient"], expected, tolerance: 1e-7))
  }

  @Test(arguments: Activation.allCases) func throughAGatedActivation(activation: Activation) {
    let (rows, columns, depth) = (3, 4, 7)
    let names: [Activation: String] = [.relu: "reglu", .gelu: "geglu", .geluTanh: "geglu-tanh", .silu: "swiglu"]
    let inputs = ["gate": numbers(rows * depth), "up": numbers(rows * depth, seed: 3)]
    let (weight, gradient) = (numbers(columns * depth, seed: 5), numbers(rows * columns, seed: 8))
    let extents: Extents = [.rows: rows, .columns: columns, .depth: depth]
    var operands = inputs
    (operands["output-gradient"], operands["weight"]) = (gradient, weight)
    let result = oracle("linear-input-gradient-gated-activation", extents, operands) { $0.activation = activation }
    for operand in ["gate", "up"] {
      let expected = centralDifferences(operand, inputs) { changed in
        let gated = oracle(names[activation]!, [.planes: 1, .rows: rows, .columns: depth], changed)["output"]!
        return weighted(oracle("linear", extents, ["input": gated, "weight": weight])["output"], by: gradient)
      }
      #expect(isClose(result[operand + "-gradient"], expected, tolerance: 1e-7), "\(operand)")
    }
  }

  @Test func withAResidualByHand() {
    let result = oracle(
      "linear-input-gradient-residual", [.rows: 2, .columns: 2, .depth: 3],
      ["output-gradient": [1, 2, 3, 4], "weight": [1, 0, -1, 2, 1, 0], "residual": [1, 1, 1, 10, 20, 30]])
    #expect(result["input-gradient"] == [6, 3, 0, 21, 24, 27])
  }
}

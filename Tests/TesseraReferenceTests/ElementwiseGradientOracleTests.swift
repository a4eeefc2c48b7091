import TesseraCore
import TesseraReference
import Testing

/// The gradients of element-wise operators against central differences of the forward oracle.
@Suite struct ElementwiseGradientOracleTests {
  private static let extents: Extents = [.planes: 2, .rows: 3, .columns: 7]

  @Test(arguments: Activation.allCases, [0, 0.4, 1]) func ofBiasActivationAndDropout(
    activation: Activation, dropProbability: Double
  ) {
    func configure(_ request: inout OperatorRequest) {
      (request.activation, request.dropProbability, request.seed) = (activation, dropProbability, 77)
    }
    let inputs = ["input": numbers(42), "bias": numbers(7, seed: 3)]
    let gradient = numbers(42, seed: 8)
    func forward(_ inputs: [String: [Double]]) -> [Double]? {
      oracle("bias-activation-dropout", Self.extents, inputs, configure)["output"]
    }
    var operands = inputs
    (operands["output-gradient"], operands["output"]) = (gradient, forward(inputs))
    let result = oracle("bias-activation-dropout-gradient", Self.extents, operands, configure)
    for name in ["input", "bias"] {
      let expected = centralDifferences(name, inputs) { weighted(forward($0), by: gradient) }
      #expect(isClose(result[name + "-gradient"], expected, tolerance: 1e-7), "\(name)")
    }
  }

  @Test(arguments: Activation.allCases) func ofGatedActivations(activation: Activation) {
    let names: [Activation: String] = [.relu: "reglu", .gelu: "geglu", .geluTanh: "geglu-tanh", .silu: "swiglu"]
    let name = names[activation]!
    let inputs = ["gate": numbers(42), "up": numbers(42, seed: 3)]
    var operands = inputs
    let gradient = numbers(42, seed: 8)
    operands["output-gradient"] = gradient
    let result = oracle(name + "-gradient", Self.extents, operands)
    for operand in ["gate", "up"] {
      let expected = centralDifferences(operand, inputs) {
        weighted(oracle(name, Self.extents, $0)["output"], by: gradient)
      }
      #expect(isClose(result[operand + "-gradient"], expected, tolerance: 1e-7), "\(operand)")
    }
  }

  @Test func columnSumsByHand() {
    let result = oracle(
      "bias-gradient", [.rows: 3, .columns: 2], ["output-gradient": [1, 2, 10, 20, 100, 200]])
    #expect(result["bias-gradient"] == [111, 222])
    let sum = oracle("gradient-sum", [.planes: 1, .rows: 1, .columns: 2], ["input": [1, 2], "residual": [3, 5]])
    #expect(sum["output"] == [4, 7])
  }
}

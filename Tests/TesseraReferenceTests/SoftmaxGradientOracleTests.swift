import TesseraCore
import TesseraReference
import Testing

/// The gradient of stored scores' softmax against central differences of the forward oracle.
@Suite struct SoftmaxGradientOracleTests {
  private static let extents: Extents = [.planes: 2, .rows: 4, .columns: 5]

  @Test(arguments: [AttentionMask.full, .causal(), .window(left: 1, right: 1)], [0, 0.4, 1])
  func ofStoredScores(mask: AttentionMask, dropProbability: Double) {
    func configure(_ request: inout OperatorRequest) {
      (request.scale, request.dropProbability, request.seed) = (0.75, dropProbability, 77)
    }
    let inputs = ["input": numbers(40)]
    let gradient = numbers(40, seed: 8)
    func forward(_ inputs: [String: [Double]]) -> [String: [Double]] {
      oracle("scaled-masked-softmax-dropout", Self.extents, inputs) {
        configure(&$0)
        $0.mask = mask
      }
    }
    let result = oracle(
      "scaled-masked-softmax-dropout-gradient", Self.extents,
      ["output-gradient": gradient, "probabilities": forward(inputs)["probabilities"]!], configure)
    let expected = centralDifferences("input", inputs) { weighted(forward($0)["output"], by: gradient) }
    #expect(isClose(result["input-gradient"], expected, tolerance: 1e-8))
  }
}

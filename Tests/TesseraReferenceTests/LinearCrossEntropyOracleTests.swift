import TesseraCore
import TesseraReference
import Testing

/// The cross-entropy of a linear map by hand, and its gradients against central differences of its loss.
@Suite struct LinearCrossEntropyOracleTests {
  @Test func byHand() {
    let result = oracle(
      "linear-cross-entropy", [.rows: 2, .columns: 2, .depth: 1],
      ["input": [1, 1], "weight": [0, 3.0.squareRoot()], "targets": [0, 5]]
    ) { $0.crossEntropy = CrossEntropyOptions(ignoredTarget: 5) }
    let loss = 1.894_952_7
    #expect(isClose(result["losses"], [loss, 0], tolerance: 1e-6) && isClose(result["loss"], [loss], tolerance: 1e-6))
    #expect(result["input-gradient"]?[1] == 0)
  }

  @Test(arguments: [
    CrossEntropyOptions(), CrossEntropyOptions(labelSmoothing: 0.2, reduction: .sum, scale: 0.5),
    CrossEntropyOptions(ignoredTarget: 1), CrossEntropyOptions(labelSmoothing: 1, scale: -2),
  ])
  func againstCentralDifferences(options: CrossEntropyOptions) {
    let extents: Extents = [.rows: 4, .columns: 5, .depth: 3]
    let inputs = ["input": numbers(12), "weight": numbers(15, seed: 2), "targets": [1, 4, 0, 2]]
    func loss(_ inputs: [String: [Double]]) -> Double {
      oracle("linear-cross-entropy", extents, inputs) { $0.crossEntropy = options }["loss"]![0]
    }
    let result = oracle("linear-cross-entropy", extents, inputs) { $0.crossEntropy = options }
    #expect(isClose(result["input-gradient"], centralDifferences("input", inputs, loss), tolerance: 1e-8))
    #expect(isClose(result["weight-gradient"], centralDifferences("weight", inputs, loss), tolerance: 1e-8))
    let earlier = numbers(15, seed: 3)
    let onto = oracle("linear-cross-entropy", extents, inputs.merging(["earlier-weight-gradient": earlier]) { $1 }) {
      ($0.crossEntropy, $0.isInPlace) = (options, true)
    }
    #expect(isClose(onto["weight-gradient"], zip(earlier, result["weight-gradient"]!).map { $0 + $1 }))
  }
}

import TesseraCore
import TesseraReference
import Testing

/// The oracle's training step by hand.
@Suite struct OptimizerOracleTests {
  @Test func adamW() {
    let result = oracle(
      "adamw", [.rows: 1, .columns: 2],
      [
        "earlier-parameters": [1, -2], "gradients": [2, 4], "earlier-first-moments": [0, 1],
        "earlier-second-moments": [0, 3],
      ]
    ) {
      $0.adamW = AdamWOptions(
        learningRate: 0.5, firstDecay: 0.5, secondDecay: 0.75, epsilon: 1, weightDecay: 0.5, step: 1,
        gradientScale: 0.5)
    }
    // Gradients 1 and 2.
    #expect(isClose(result["first-moments"], [0.5, 1.5]))
    #expect(isClose(result["second-moments"], [0.25, 3.25]))
    // Corrected 1 and 3, 1 and 13.
    #expect(isClose(result["parameters"], [0.75 - 0.5 / 2, -1.5 - 1.5 / (1 + 13.0.squareRoot())]))
  }

  @Test func sumOfSquares() {
    #expect(oracle("sum-of-squares", [.rows: 2, .columns: 2], ["input": [1, -2, 3, 0.5]])["output"] == [14.25])
    #expect(oracle("sum-of-squares", [.rows: 0, .columns: 2], ["input": []])["output"] == [0])
  }
}

import TesseraCore
import TesseraReference
import Testing

/// Gradients of what attention has beside queries, keys and values.
extension AttentionGradientOracleTests {
  /// One element for all that the gradient's layout broadcasts, whatever the bias's does.
  @Test func broadcastBiasGradientsAreSums() {
    let whole = gradients(Self.inputs, Self.outputGradient) {
      $0.bias = BatchedMatrixLayout(scoresOf: $0)
      $0.gradients.bias = $0.bias
    }["bias-gradient"]!
    #expect(whole.count == 2 * 4 * 3 * 5)
    for flags in 0..<8 {
      let (batch, heads, queries) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0)
      let summed = gradients(Self.inputs, Self.outputGradient) {
        $0.bias = BatchedMatrixLayout(scoresOf: $0)
        $0.gradients.bias = BatchedMatrixLayout(
          scoresOf: $0, broadcastingBatch: batch, heads: heads, queries: queries)
      }["bias-gradient"]!
      let (headCount, rows) = (heads ? 1 : 4, queries ? 1 : 3)
      var expected = [Double](repeating: 0, count: (batch ? 1 : 2) * headCount * rows * 5)
      for (index, value) in whole.enumerated() {
        let (key, query, head, sequence) = (index % 5, index / 5 % 3, index / 15 % 4, index / 60)
        let plane = (batch ? 0 : sequence) * headCount + (heads ? 0 : head)
        expected[(plane * rows + (queries ? 0 : query)) * 5 + key] += value
      }
      #expect(isClose(summed, expected), "broadcast \(flags)")
    }
  }

  /// A sink of −inf is none, also where output-gradient · output is not finite; one above it takes part in that.
  @Test func sinksOfMinusInfinity() {
    let extents: Extents = [
      .batch: 1, .queryHeads: 2, .keyValueHeads: 1, .queryLength: 1, .keyLength: 2, .headDimension: 1,
      .valueDimension: 1,
    ]
    for poison in [Double.infinity, -.infinity, .nan] {
      let result = gradients(
        ["queries": [1, 1], "keys": [0, 1], "values": [4, 5], "sinks": [-.infinity, 0]], [poison, poison], extents
      ) { $0.hasSinks = true }
      #expect(result["sinks-gradient"]![0] == 0 && !result["sinks-gradient"]![1].isFinite)
    }
  }
}

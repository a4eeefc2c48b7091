import TesseraCore
import TesseraReference
import Testing

/// Rotary embedding: known angles and edges.
@Suite struct RotaryEmbeddingOracleTests {
  // cos 1, sin 1, cos 0.01, sin 0.01 as tables have them.
  private let c1 = 0.5403023058681398, s1 = 0.8414709848078965
  private let c2 = 0.9999500004166653, s2 = 0.009999833334166664

  @Test func pairsAtPositionsZeroAndOne() {
    let inputs = ["input": [1.0, 2, 3, 4, 1, 2, 3, 4]]
    let extents: Extents = [.planes: 1, .rows: 2, .columns: 4]
    let interleaved = oracle("rotary-embedding", extents, inputs)["output"]
    #expect(isClose(interleaved, [1, 2, 3, 4, c1 - 2 * s1, 2 * c1 + s1, 3 * c2 - 4 * s2, 4 * c2 + 3 * s2]))
    let split = oracle("rotary-embedding", extents, inputs) { $0.rotary.pairing = .halfSplit }["output"]
    #expect(isClose(split, [1, 2, 3, 4, c1 - 3 * s1, 2 * c2 - 4 * s2, 3 * c1 + s1, 4 * c2 + 2 * s2]))
  }

  /// The first two of five columns, two sequences of two heads, the second from position 2 with half the frequency.
  @Test func partsAndStarts() {
    let row = [1.0, 0, 5, 6, 7]
    let output = oracle(
      "rotary-embedding", [.planes: 4, .rows: 1, .columns: 5], ["input": row + row + row + row]
    ) {
      ($0.rotary.rotatedColumns, $0.rotary.sequences, $0.rotary.starts) = (2, 2, [0, 2])
      $0.rotary.frequencyScale = 0.5
    }["output"]
    let turned = [c1, s1, 5, 6, 7]
    #expect(isClose(output, row + row + turned + turned))
  }

  @Test func anOddColumnStays() {
    let output = oracle("rotary-embedding", [.planes: 1, .rows: 2, .columns: 3], ["input": [1, 0, 9, 1, 0, 9]])
    #expect(isClose(output["output"], [1, 0, 9, c1, s1, 9]))
  }
}

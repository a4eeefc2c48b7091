import TesseraCore
import TesseraReference
import Testing

/// The oracle of scale, mask, softmax and dropout on rows that can be worked out by hand.
@Suite struct StoredScoresOracleTests {
  private let name = "scaled-masked-softmax-dropout"

  @Test func causalRowsOfKnownOdds() {
    // With scale ½ and scores of 2 · ln 3 the odds are 1 : 3.
    let score = 2 * 1.0986122886681098
    let input = [0, .nan, .infinity, 0, score, .nan, 0, 0, score]
    let result = oracle(name, [.rows: 3, .columns: 3], ["input": input]) {
      $0.scale = 0.5
      $0.mask = .causal(alignment: .topLeft)
    }
    let expected = [1, 0, 0, 0.25, 0.75, 0, 0.2, 0.2, 0.6]
    #expect(isClose(result["output"], expected) && isClose(result["probabilities"], expected))
  }

  @Test func windowsThatMeetAtTheLastKey() {
    // Three queries, two keys: the first query stands before the first key and sees nothing.
    let result = oracle(name, [.rows: 3, .columns: 2], ["input": [1, 1, 1, 1, 1, 1]]) {
      $0.mode = .inference
      $0.mask = .window(left: 0, right: 0)
    }
    #expect(result["output"] == [0, 0, 1, 0, 0, 1] && result["probabilities"] == nil)
  }

  @Test func droppedElementsAndPlanes() throws {
    let result = oracle(name, [.planes: 2, .rows: 3, .columns: 5], ["input": [Double](repeating: 1, count: 30)]) {
      $0.dropProbability = 0.5
      $0.seed = 11
    }
    let dropout = try Dropout(probability: 0.5, seed: 11)
    for (index, value) in try #require(result["output"]).enumerated() {
      let isKept = dropout.keeps(plane: index / 15, row: index / 5 % 3, column: index % 5)
      #expect(abs(value - (isKept ? 0.4 : 0)) < 1e-12)
    }
  }
}

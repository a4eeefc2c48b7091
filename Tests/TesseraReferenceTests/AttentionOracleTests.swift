import TesseraCore
import TesseraReference
import Testing

/// Attention: known values, what is visible, edge cases, and agreement with the oracle's own softmax and dropout.
@Suite struct AttentionOracleTests {
  static let extents: Extents = [
    .batch: 2, .queryHeads: 4, .keyValueHeads: 2, .queryLength: 3, .keyLength: 5, .headDimension: 4, .valueDimension: 3,
  ]
  static let inputs = [
    "queries": numbers(2 * 4 * 3 * 4), "keys": numbers(2 * 2 * 5 * 4, seed: 2),
    "values": numbers(2 * 2 * 5 * 3, seed: 3),
    "bias": numbers(2 * 4 * 3 * 5, seed: 4),
  ]

  private func attention(
    _ extents: Extents, _ inputs: [String: [Double]], _ change: (inout AttentionProblem) -> Void = { _ in }
  ) -> [String: [Double]] {
    oracle("attention", extents, inputs) {
      $0.mode = .inference
      var problem = try! $0.attentionProblem
      change(&problem)
      $0.attention = problem
    }
  }

  private func one(
    _ queries: [Double], _ keys: [Double], _ values: [Double], _ others: [String: [Double]] = [:],
    _ change: (inout AttentionProblem) -> Void = { _ in }
  ) -> [String: [Double]] {
    let extents: Extents = [
      .batch: 1, .queryHeads: 1, .keyValueHeads: 1, .queryLength: queries.count, .keyLength: keys.count,
      .headDimension: 1, .valueDimension: 1,
    ]
    let inputs = ["queries": queries, "keys": keys, "values": values].merging(others) { $1 }
    return attention(extents, inputs) {
      ($0.scale, $0.writesLogSumExp) = (1, true)
      change(&$0)
    }
  }

  /// Odds of 1 : 3.
  @Test func knownValues() {
    let ln3 = 1.0986122886681098
    let result = one([2], [0, ln3], [10, 20]) { $0.scale = 0.5 }
    #expect(isClose(result["output"], [17.5]) && isClose(result["log-sum-exp"], [1.3862943611198906]))
    // ln 3 = 2 · tanh(x / 2) for x = 2 · atanh(ln 3 / 2).
    let uncapped = 2 * 0.6173870820686144
    // The first key is one further away than the second.
    let distant = one([0], [0, 0], [10, 20], ["slopes": [ln3]]) { $0.slopes = .perHead }
    #expect(isClose(distant["output"], [17.5]))
    let after = one([0], [0, 0], [10, 20], ["slopes": [ln3]]) { ($0.slopes, $0.queryOffsets) = (.perHead, [-5]) }
    #expect(isClose(after["output"], [12.5]))
    let capped = one([1], [0, uncapped], [10, 20]) { $0.softcap = 2 }
    #expect(isClose(capped["output"], [17.5]))
  }

  @Test func withoutOptionsItIsSoftmaxBetweenTwoContractions() throws {
    let output = attention(Self.extents, Self.inputs) { $0.scale = 0.5 }["output"]
    // Heads 0 and 1 share the keys of plane 0.
    func repeated(_ name: String, _ size: Int) -> [Double] {
      (0..<8).flatMap { plane in Self.inputs[name]![plane / 2 * size..<(plane / 2 + 1) * size] }
    }
    let scores = oracle(
      "batched-contraction", [.planes: 8, .rows: 3, .columns: 5, .depth: 4],
      ["left": Self.inputs["queries"]!, "right": repeated("keys", 20)]
    ) { $0.transposesRight = true }["output"]
    let probabilities = oracle(
      "softmax", [.rows: 24, .columns: 5], ["input": try #require(scores).map { $0 * 0.5 }])["output"]
    let expected = oracle(
      "batched-contraction", [.planes: 8, .rows: 3, .columns: 3, .depth: 5],
      ["left": try #require(probabilities), "right": repeated("values", 15)])["output"]
    #expect(isClose(output, try #require(expected)))
  }

  /// Which keys of 4 each of 2 queries sees, and of 2 each of 4.
  @Test func positions() {
    func seen(
      _ queries: Int, _ keys: Int, _ mask: AttentionMask, length: Int? = nil, offset: Int? = nil,
      documents: [Int]? = nil
    ) -> [String] {
      var problem = AttentionProblem(
        batch: 1, queryHeads: 1, queryLength: queries, keyLength: keys, headDimension: 1)
      (problem.mask, problem.keyLengths) = (mask, length.map { [$0] })
      problem.queryOffsets = offset.map { [$0] }
      problem.documentStarts = documents.map { [$0] }
      return (0..<queries).map { query in
        (0..<keys).map { attentionSees(problem, query: query, key: $0, head: 0, sequence: 0) ? "1" : "0" }.joined()
      }
    }
    #expect(seen(2, 4, .causal()) == ["1110", "1111"])
    #expect(seen(2, 4, .causal(alignment: .topLeft)) == ["1000", "1100"])
    #expect(seen(4, 2, .causal()) == ["00", "00", "10", "11"])
    #expect(seen(4, 2, .causal(alignment: .topLeft)) == ["10", "11", "11", "11"])
    #expect(seen(2, 4, .window(left: 1, right: 0)) == ["0110", "0011"])
    #expect(seen(2, 4, .window(left: 0, right: 1, alignment: .topLeft)) == ["1100", "0110"])
    #expect(seen(2, 4, .window(left: nil, right: 1)) == ["1111", "1111"])
    #expect(seen(2, 4, .causal(), length: 3) == ["1100", "1110"])
    #expect(seen(2, 4, .causal(), length: 1) == ["0000", "1000"])
    #expect(seen(2, 4, .full, length: 0) == ["0000", "0000"])
    #expect(seen(2, 4, .causal(), offset: 1) == ["1100", "1110"])
    #expect(seen(2, 4, .causal(), length: 2, offset: -1) == ["0000", "1000"])
    #expect(seen(2, 4, .window(left: 1, right: 0), offset: 4) == ["0001", "0000"])
    #expect(seen(2, 4, .window(left: -1, right: 0)) == seen(2, 4, .causal()))
    #expect(seen(2, 4, .window(left: 0, right: -1)) == ["0011", "0001"])
    #expect(seen(4, 4, .full, documents: [1, 3]) == ["1000", "0110", "0110", "0001"])
    #expect(seen(4, 4, .full, documents: [0, 1, 3]) == seen(4, 4, .full, documents: [1, 3]))
    #expect(seen(4, 4, .full, documents: [1, 1, 3, 7]) == seen(4, 4, .full, documents: [1, 3]))
    #expect(seen(2, 4, .full, documents: []) == ["1111", "1111"])
    #expect(seen(2, 4, .causal(), documents: [2]) == ["0010", "0011"])
    #expect(seen(2, 4, .full, offset: -1, documents: [0, 2]) == ["0000", "1100"])
    #expect(seen(2, 4, .full, offset: -1, documents: [2]) == ["1100", "1100"])
    #expect(seen(2, 4, .full, offset: 5, documents: [3, 6]) == ["0001", "0000"])
    #expect(seen(2, 4, .window(left: 1, right: 0), documents: [3]) == ["0110", "0001"])
  }

  @Test func whatIsHiddenTakesNoPart() throws {
    let hidden = one([1, 1], [0, .nan], [3, .infinity]) { $0.mask = .causal() }
    #expect(hidden["output"]![0] == 3 && hidden["output"]![1].isNaN)
    let beyond = one([1, 1], [0, .nan], [3, .nan]) { $0.keyLengths = [1] }
    #expect(beyond["output"] == [3, 3] && beyond["log-sum-exp"] == [0, 0])
  }

  @Test func rowsThatSeeNothingOrNothingAboveMinusInfinity() {
    let none = one([1, 1], [2, 3], [4, 5]) { $0.keyLengths = [0] }
    #expect(none["output"] == [0, 0] && none["log-sum-exp"] == [-.infinity, -.infinity])
    let extents: Extents = [
      .batch: 1, .queryHeads: 1, .keyValueHeads: 1, .queryLength: 3, .keyLength: 2, .headDimension: 1,
      .valueDimension: 1,
    ]
    let bias = [-Double.infinity, -Double.infinity, -Double.infinity, 0, 0, 0]
    let mask: [Double] = [1, 1, 0, 2, 0, 255]
    let result = attention(
      extents, ["queries": [1, 1, 1], "keys": [0, 0], "values": [.nan, 5], "bias": bias, "mask": mask]
    ) {
      let scores = BatchedMatrixLayout(scoresOf: $0)
      ($0.bias, $0.booleanMask, $0.writesLogSumExp) = (scores, scores, true)
    }
    #expect(result["output"] == [0, 5, 5] && result["log-sum-exp"] == [-.infinity, 0, 0])
    // Visible with probability 0: NaN reaches the row.
    let visible = attention(extents, ["queries": [1, 1, 1], "keys": [0, 0], "values": [.nan, 5], "bias": bias]) {
      $0.bias = BatchedMatrixLayout(scoresOf: $0)
    }
    #expect(visible["output"]![0] == 0 && visible["output"]![1].isNaN)
  }

  /// With the unit matrix as values the output is the probabilities, and dropout's own definition says which are kept.
  @Test func dropoutActsOnNormalisedProbabilities() throws {
    let extents: Extents = [
      .batch: 2, .queryHeads: 3, .keyValueHeads: 3, .queryLength: 4, .keyLength: 5, .headDimension: 2,
      .valueDimension: 5,
    ]
    let unit = (0..<6 * 25).map { $0 % 25 % 6 == 0 ? 1.0 : 0 }
    let inputs = ["queries": numbers(48), "keys": numbers(60, seed: 2), "values": unit]
    let whole = try #require(attention(extents, inputs)["output"])
    let dropout = try Dropout(probability: 0.4, seed: 77, offset: 3)
    func options(_ problem: inout AttentionProblem) { (problem.dropout, problem.writesLogSumExp) = (dropout, true) }
    func alone(_ request: inout OperatorRequest) {
      (request.dropProbability, request.seed, request.offset) = (dropout.probability, dropout.seed, dropout.offset)
    }
    let dropped = attention(extents, inputs, options)
    let expected = oracle("dropout", [.planes: 6, .rows: 4, .columns: 5], ["input": whole], alone)["output"]
    #expect(isClose(dropped["output"], try #require(expected)))
    #expect(
      dropped["log-sum-exp"]
        == attention(extents, inputs) { $0.writesLogSumExp = true }["log-sum-exp"])
    // The other sequence's planes, where it is told that it stands there.
    let swapped = attention(extents, inputs) {
      options(&$0)
      $0.dropoutSequences = [1, 0]
    }
    let planes = oracle(
      "dropout", [.planes: 6, .rows: 4, .columns: 5], ["input": Array(whole[60...] + whole[..<60])], alone)["output"]!
    #expect(isClose(swapped["output"], Array(planes[60...] + planes[..<60])))
  }

  @Test func mergingTwoParts() {
    let extents: Extents = [.rows: 4, .columns: 1]
    let (none, ln3) = (-Double.infinity, 1.0986122886681098)
    let result = oracle(
      "merge-attention", extents,
      [
        "first": [10, 1, .nan, .nan], "first-log-sum-exp": [0, 2, none, none],
        "second": [20, .nan, 3, .nan], "second-log-sum-exp": [ln3, none, 5, none],
      ])
    #expect(isClose(result["output"], [17.5, 1, 3, 0]))
    #expect(isClose(Array(result["log-sum-exp"]![..<3]), [1.3862943611198906, 2, 5]))
    #expect(result["log-sum-exp"]![3] == none)
  }
}

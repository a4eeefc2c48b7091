import TesseraCore
import TesseraReference
import Testing

/// The gradients of attention: what they say against what the forward oracle does when an element is moved.
@Suite struct AttentionGradientOracleTests {
  static let extents: Extents = [
    .batch: 2, .queryHeads: 4, .keyValueHeads: 2, .queryLength: 3, .keyLength: 5, .headDimension: 2, .valueDimension: 3,
  ]

  struct Option: CustomStringConvertible, Sendable {
    var description: String
    var change: @Sendable (inout AttentionProblem) -> Void
  }

  static let options: [Option] = [
    Option(description: "scale") { $0.scale = -0.4 },
    Option(description: "softcap") { $0.softcap = 1.5 },
    Option(description: "bias") {
      $0.bias = BatchedMatrixLayout(scoresOf: $0)
      $0.gradients.bias = $0.bias
    },
    Option(description: "Boolean mask") { $0.booleanMask = BatchedMatrixLayout(scoresOf: $0) },
    Option(description: "causal") { $0.mask = .causal() },
    Option(description: "causal, top left") { $0.mask = .causal(alignment: .topLeft) },
    Option(description: "window") { $0.mask = .window(left: 1, right: 1) },
    Option(description: "window, top left") { $0.mask = .window(left: nil, right: 1, alignment: .topLeft) },
    Option(description: "query offsets") { $0.queryOffsets = [1, -1] },
    Option(description: "slopes") { $0.slopes = .perHead },
    Option(description: "slopes of each sequence") { $0.slopes = .perSequenceAndHead },
    Option(description: "sinks") { $0.hasSinks = true },
    Option(description: "softcap off") { $0.softcap = 0 },
    Option(description: "key lengths") { $0.keyLengths = [4, 2] },
    Option(description: "no keys") { $0.keyLengths = [0, 5] },
    Option(description: "documents") { $0.documentStarts = [[0, 3], [4]] },
    Option(description: "documents from query offsets") {
      ($0.documentStarts, $0.queryOffsets, $0.mask) = ([[1, 2, 2], []], [0, 2], .window(left: 1, right: nil))
    },
    Option(description: "block mask") { $0.blockMask = checkered($0, batch: 1, heads: 1) },
    Option(description: "block mask of each head, causal") {
      ($0.blockMask, $0.mask) = (checkered($0, batch: 2, heads: 4), .causal())
    },
    Option(description: "dropout") { $0.dropout = try! Dropout(probability: 0.4, seed: 77, offset: 3) },
    Option(description: "dropout of other sequences") {
      $0.dropout = try! Dropout(probability: 0.25, seed: 5)
      $0.dropoutSequences = [9, 4]
    },
    Option(description: "all dropped") { $0.dropout = try! Dropout(probability: 1, seed: 5) },
  ]

  /// Blocks of 2 queries and 3 keys, of which every other is visible.
  private static func checkered(_ problem: AttentionProblem, batch: Int, heads: Int) -> AttentionBlockMask {
    try! AttentionBlockMask(
      queriesPerBlock: 2, keysPerBlock: 3, queryBlocks: (problem.queryLength + 1) / 2,
      keyBlocks: (problem.keyLength + 2) / 3, batch: batch, heads: heads
    ) { sequence, head, query, key in (sequence + head + query + key) % 2 == 0 }
  }

  static let inputs: [String: [Double]] = [
    "queries": numbers(2 * 4 * 3 * 2), "keys": numbers(2 * 2 * 5 * 2, seed: 2),
    "values": numbers(2 * 2 * 5 * 3, seed: 3),
    "bias": numbers(2 * 4 * 3 * 5, seed: 4), "mask": numbers(2 * 4 * 3 * 5, seed: 5).map { $0 < -0.7 ? 0 : 1 },
    "slopes": numbers(2 * 4, seed: 7), "sinks": numbers(4, seed: 8),
  ]
  static let outputGradient = numbers(2 * 4 * 3 * 3, seed: 6)

  private func call(
    _ name: String, _ inputs: [String: [Double]], _ extents: Extents = extents,
    _ change: (inout AttentionProblem) -> Void
  ) -> [String: [Double]] {
    oracle(name, extents, inputs) {
      var problem = try! $0.attentionProblem
      (problem.writesLogSumExp, problem.dropout) = (true, nil)
      change(&problem)
      $0.attention = problem
    }
  }

  /// Gradients at the inputs, with what forward makes of them.
  func gradients(
    _ inputs: [String: [Double]], _ outputGradient: [Double], _ extents: Extents = extents,
    _ change: (inout AttentionProblem) -> Void
  ) -> [String: [Double]] {
    var inputs = inputs
    for (name, values) in call("attention", inputs, extents, change) { inputs[name] = values }
    inputs["output-gradient"] = outputGradient
    return call("attention-gradients", inputs, extents, change)
  }

  /// (f(x + h) − f(x − h)) / 2h of f = Σ output-gradient · output, for every element of every operand.
  private func expectCentralDifferences(_ change: (inout AttentionProblem) -> Void, _ what: String) {
    let gradients = gradients(Self.inputs, Self.outputGradient, Self.extents, change)
    let step = 1e-5
    for operand in ["queries", "keys", "values", "bias", "slopes", "sinks"] {
      // Of what the problem does not have there are no gradients.
      for index in Self.inputs[operand]!.indices where index < gradients["\(operand)-gradient"]!.count {
        func moved(by distance: Double) -> Double {
          var inputs = Self.inputs
          inputs[operand]![index] += distance
          let output = call("attention", inputs, Self.extents, change)["output"]!
          return zip(output, Self.outputGradient).reduce(0.0) { $0 + $1.0 * $1.1 }
        }
        let expected = (moved(by: step) - moved(by: -step)) / (2 * step)
        let actual = gradients["\(operand)-gradient"]![index]
        #expect(abs(actual - expected) <= 1e-7 * max(1, abs(expected)), "\(what): \(operand) \(index)")
      }
    }
  }

  @Test func withoutOptions() { expectCentralDifferences({ _ in }, "no options") }

  @Test(arguments: options.indices) func optionsAloneAndInPairs(first: Int) {
    for second in first..<Self.options.count {
      let (one, other) = (Self.options[first], Self.options[second])
      expectCentralDifferences(
        {
          one.change(&$0)
          other.change(&$0)
        }, "\(one) and \(other)")
    }
  }

  /// One query, two keys of odds 1 : 3, values 10 and 20: the output is 17.5.
  @Test func knownValues() {
    let ln3 = 1.0986122886681098
    let extents: Extents = [
      .batch: 1, .queryHeads: 1, .keyValueHeads: 1, .queryLength: 1, .keyLength: 2, .headDimension: 1,
      .valueDimension: 1,
    ]
    let result = gradients(["queries": [2], "keys": [0, ln3], "values": [10, 20]], [1], extents) { $0.scale = 0.5 }
    // p · (value − output): 1/4 · −7.5 and 3/4 · 2.5.
    #expect(isClose(result["values-gradient"], [0.25, 0.75]))
    #expect(isClose(result["keys-gradient"], [-1.875, 1.875]))
    #expect(isClose(result["queries-gradient"], [0.5 * 1.875 * ln3]))
  }

  /// NaN in keys and values that nobody sees, and in queries and gradients of rows that see nothing, reaches nothing.
  @Test func whatIsHiddenTakesNoPart() {
    let extents: Extents = [
      .batch: 1, .queryHeads: 1, .keyValueHeads: 1, .queryLength: 3, .keyLength: 2, .headDimension: 1,
      .valueDimension: 1,
    ]
    // Of three queries at two keys the first sees none, the second one.
    let result = gradients(
      ["queries": [.nan, 1, 1], "keys": [0, 1], "values": [4, 5]], [.nan, 1, 1], extents
    ) { $0.mask = .causal() }
    #expect(result.values.allSatisfy { $0.allSatisfy(\.isFinite) } && result["queries-gradient"]![0] == 0)
    let beyond = gradients(
      ["queries": [1, 1, 1], "keys": [0, .nan], "values": [4, .nan]], [1, 1, 1], extents
    ) { $0.keyLengths = [1] }
    #expect(beyond.values.allSatisfy { $0.allSatisfy(\.isFinite) })
    #expect(beyond["keys-gradient"] == [0, 0] && beyond["values-gradient"] == [3, 0])
  }

  /// The softmax does not change when all its scores do, so that keys moved together have no gradient.
  @Test func scoreGradientsOfARowAddUpToNothing() {
    // Of queries of 1 keys' gradients are the score gradients, summed over rows.
    var inputs = Self.inputs
    inputs["queries"] = [Double](repeating: 1, count: inputs["queries"]!.count)
    let ones = gradients(inputs, Self.outputGradient) { _ in }
    for plane in 0..<4 {
      let sum = stride(from: plane * 10, to: (plane + 1) * 10, by: 2).reduce(0) { $0 + ones["keys-gradient"]![$1] }
      #expect(abs(sum) < 1e-12)
    }
  }
}

import TesseraCore
import TesseraReference
import Testing

/// The gradients of a whole encoder layer against central differences of its forward oracle.
@Suite struct EncoderLayerGradientOracleTests {
  private static func problem(_ placement: NormalizationPlacement, dropProbability: Double) throws
    -> EncoderLayerProblem
  {
    var problem = EncoderLayerProblem(batch: 2, length: 3, hidden: 6, heads: 2, feedforward: 5, mode: .training)
    (problem.normalization, problem.epsilon) = (placement, 0.01)
    problem.dropout = try Dropout(probability: dropProbability, seed: 77, offset: 3)
    return problem
  }

  private static func inputs(_ problem: EncoderLayerProblem) -> [String: [Double]] {
    let (hidden, inner) = (problem.hidden, problem.feedforward)
    var inputs: [String: [Double]] = [:]
    for (index, (name, count)) in [
      ("input", problem.batch * problem.length * hidden), ("qkv-weight", 3 * hidden * hidden),
      ("qkv-bias", 3 * hidden), ("out-weight", hidden * hidden), ("out-bias", hidden),
      ("linear-1-weight", inner * hidden), ("linear-1-bias", inner), ("linear-2-weight", hidden * inner),
      ("linear-2-bias", hidden), ("norm-1-weight", hidden), ("norm-1-shift", hidden), ("norm-2-weight", hidden),
      ("norm-2-shift", hidden),
    ].enumerated() {
      // Maps of numbers this size keep variances near 1.
      inputs[name] = numbers(count, seed: UInt32(index + 1)).map { $0 * (name == "input" ? 1 : 0.4) }
    }
    return inputs
  }

  private func check(_ problem: EncoderLayerProblem, _ what: String) {
    let layer = ReferenceEncoderLayer(problem)
    let inputs = Self.inputs(problem)
    let gradient = numbers(problem.batch * problem.length * problem.hidden, seed: 40)
    let result = layer.gradients(inputs, outputGradient: gradient)
    #expect(Set(result.keys) == Set(inputs.keys))
    for name in inputs.keys.sorted() {
      let expected = centralDifferences(name, inputs) { weighted(layer.results($0)["output"], by: gradient) }
      #expect(isClose(result[name], expected, tolerance: 1e-5), "\(name), \(what)")
    }
  }

  @Test(arguments: NormalizationPlacement.allCases, Activation.allCases)
  func ofEveryActivation(placement: NormalizationPlacement, activation: Activation) throws {
    for probability in [0, 0.3] {
      var problem = try Self.problem(placement, dropProbability: probability)
      problem.activation = activation
      check(problem, "\(activation), \(probability)")
    }
  }

  @Test(arguments: NormalizationPlacement.allCases)
  func ofMasksAndLengths(placement: NormalizationPlacement) throws {
    for mask: AttentionMask in [.causal(), .window(left: 1, right: 0, alignment: .topLeft)] {
      for lengths in [[3, 2], [0, 3]] {
        var problem = try Self.problem(placement, dropProbability: 0.3)
        (problem.mask, problem.keyLengths) = (mask, lengths)
        check(problem, "\(mask), \(lengths)")
      }
    }
    var problem = try Self.problem(placement, dropProbability: 0.3)
    problem.dropout = nil
    check(problem, "no dropout")
  }
}

import Tessera
import Testing

/// What does not fit the encoder layer's backward pass; nothing is written.
extension BadInputTests {
  private static let backwardName = "encoder-layer-backward"

  @Test func encoderLayerBackwardProblems() throws {
    var problem = EncoderLayerProblem(batch: 2, length: 3, hidden: 8, heads: 2, feedforward: 5)
    expectError(Self.backwardName, "mode") { _ = try EncoderLayerBackward(problem, context: context) }
    problem.mode = .training
    var overlapping = problem
    overlapping.input.rowStride = 0
    _ = try EncoderLayer(overlapping, context: context)
    expectError(Self.backwardName, "input-gradient") {
      _ = try EncoderLayerBackward(overlapping, context: context)
    }
    var longer = problem
    longer.keyLengths = [1, 4]
    expectError("encoder-layer", "key length of sequence 1") {
      _ = try EncoderLayerBackward(longer, context: context)
    }
    expectError("encoder-layer", "key length of sequence 1") { _ = try EncoderLayerGradients(for: longer) }
    problem.heads = 3
    expectError("encoder-layer", "hidden") { _ = try EncoderLayerBackward(problem, context: context) }
    expectError("encoder-layer", "hidden") { _ = try EncoderLayerGradients(for: problem) }
  }

  @Test func encoderLayerBackwardOperands() throws {
    let name = Self.backwardName
    var problem = EncoderLayerProblem(
      batch: 2, length: 3, hidden: 8, heads: 2, feedforward: 5, mode: .training)
    let pass = try EncoderLayerBackward(problem, context: context)
    let weights = try EncoderLayerWeights(for: problem)
    for weight in [weights.queryKeyValue, weights.out, weights.linear1, weights.linear2] {
      fillUniform(weight.elements, seed: 1)
    }
    let kept = try EncoderLayerSavedTensors(for: problem)
    let one = [Float](repeating: 1, count: 48)
    let few = [Float](repeating: 1, count: 47)
    var ofInput = [Float](repeating: 7, count: 48)
    var output = one
    try EncoderLayer(problem, context: context).run(
      one.span, weights: weights, output: output.mutableSpan, keeping: kept)
    let gradients = try EncoderLayerGradients(for: problem)
    let paths: [(String, WritableKeyPath<EncoderLayerGradients, AlignedBuffer<Float>>)] = [
      ("query-key-value-gradient", \.queryKeyValue), ("query-key-value-bias-gradient", \.queryKeyValueBias),
      ("out-gradient", \.out), ("out-bias-gradient", \.outBias), ("linear-1-gradient", \.linear1),
      ("linear-1-bias-gradient", \.linear1Bias), ("linear-2-gradient", \.linear2),
      ("linear-2-bias-gradient", \.linear2Bias), ("norm-1-weight-gradient", \.norm1Weight),
      ("norm-1-shift-gradient", \.norm1Shift), ("norm-2-weight-gradient", \.norm2Weight),
      ("norm-2-shift-gradient", \.norm2Shift),
    ]
    for (_, path) in paths { gradients[keyPath: path].elements.update(repeating: 7) }
    expectError(name, "output-gradient") {
      try pass.run(
        few.span, input: one.span, weights: weights, kept: kept, inputGradient: ofInput.mutableSpan,
        gradients: gradients)
    }
    expectError(name, "input") {
      try pass.run(
        one.span, input: few.span, weights: weights, kept: kept, inputGradient: ofInput.mutableSpan,
        gradients: gradients)
    }
    expectError(name, "input-gradient") {
      var short = few
      try pass.run(
        one.span, input: one.span, weights: weights, kept: kept, inputGradient: short.mutableSpan,
        gradients: gradients)
    }
    let short = try AlignedBuffer<Float>(repeating: 0, count: 4)
    for (operand, path) in paths {
      var wrong = gradients
      wrong[keyPath: path] = short
      expectError(name, operand) {
        try pass.run(
          one.span, input: one.span, weights: weights, kept: kept, inputGradient: ofInput.mutableSpan,
          gradients: wrong)
      }
      // Memory that something else has: a weight, what was kept, and the gradient beside it.
      for shared in [weights.queryKeyValue, kept.queryKeyValue] {
        wrong[keyPath: path] = shared
        guard shared.count >= gradients[keyPath: path].count else { continue }
        expectError(name, operand) {
          try pass.run(
            one.span, input: one.span, weights: weights, kept: kept, inputGradient: ofInput.mutableSpan,
            gradients: wrong)
        }
      }
    }
    var twice = gradients
    twice.norm2Shift = gradients.norm2Weight
    expectError(name, "norm-2-weight-gradient") {
      try pass.run(
        one.span, input: one.span, weights: weights, kept: kept, inputGradient: ofInput.mutableSpan,
        gradients: twice)
    }
    let ofWeights: [(String, WritableKeyPath<EncoderLayerWeights, AlignedBuffer<Float>>)] = [
      ("query-key-value", \.queryKeyValue), ("out", \.out), ("linear-1", \.linear1), ("linear-2", \.linear2),
      ("linear-1-bias", \.linear1Bias), ("norm-1-weight", \.norm1Weight), ("norm-2-weight", \.norm2Weight),
    ]
    for (operand, path) in ofWeights {
      var wrong = weights
      wrong[keyPath: path] = short
      expectError(name, operand) {
        try pass.run(
          one.span, input: one.span, weights: wrong, kept: kept, inputGradient: ofInput.mutableSpan,
          gradients: gradients)
      }
    }
    expectError(name, "input-gradient") {
      try ofInput.withUnsafeMutableBufferPointer { both in
        try pass.run(
          UnsafeBufferPointer(both).span, input: one.span, weights: weights, kept: kept,
          inputGradient: both.mutableSpan, gradients: gradients)
      }
    }
    // What another layer kept.
    problem.normalization = .pre
    let ofPreNorm = try EncoderLayerSavedTensors(for: problem)
    (problem.normalization, problem.activation) = (.post, .gelu)
    for other in [ofPreNorm, try EncoderLayerSavedTensors(for: problem)] {
      expectError(name, "kept") {
        try pass.run(
          one.span, input: one.span, weights: weights, kept: other, inputGradient: ofInput.mutableSpan,
          gradients: gradients)
      }
    }
    #expect(ofInput == [Float](repeating: 7, count: 48))
    for (operand, path) in paths {
      #expect(gradients[keyPath: path].elements.allSatisfy { $0 == 7 }, "\(operand)")
    }
  }
}

import Tessera
import Testing

/// What does not fit the encoder layer.
extension BadInputTests {
  @Test func encoderLayersThatDoNotFit() throws {
    let name = "encoder-layer"
    let good = EncoderLayerProblem(batch: 2, length: 3, hidden: 8, heads: 2, feedforward: 5)
    func expectProblem(
      _ operand: String, of operation: String = name, _ change: (inout EncoderLayerProblem) throws -> Void
    ) rethrows {
      var problem = good
      try change(&problem)
      expectError(operation, operand) { _ = try EncoderLayer(problem, context: context) }
      expectError(operation, operand) { _ = try EncoderLayerWeights(for: problem) }
      problem.mode = .training
      expectError(operation, operand) { _ = try EncoderLayerSavedTensors(for: problem) }
    }
    expectProblem("batch") { $0.batch = -1 }
    expectProblem("length") { $0.length = .max }
    expectProblem("heads") { $0.heads = 0 }
    expectProblem("hidden") { $0.heads = 3 }
    expectProblem("feedforward") { $0.feedforward = 0 }
    expectProblem("epsilon") { $0.epsilon = -1 }
    expectProblem("batch, length, hidden, feedforward") { ($0.batch, $0.length) = (1 << 30, 1 << 30) }
    expectProblem("input") { $0.input.rows = 5 }
    expectProblem("output") { $0.output.rowStride = 7 }
    expectProblem("head dimension", of: "attention") {
      $0 = EncoderLayerProblem(batch: 1, length: 1, hidden: 513, heads: 1, feedforward: 1)
    }
    expectProblem("key lengths") { $0.keyLengths = [3] }
    expectProblem("key lengths") { $0.keyLengths = [3, 3, 3] }
    expectProblem("key length of sequence 1") { $0.keyLengths = [3, 4] }
    expectProblem("key length of sequence 0") { $0.keyLengths = [-1, 0] }
    expectProblem("window's left", of: "attention") { $0.mask = .window(left: -2, right: nil) }
    try expectProblem("dropout") {
      ($0.mode, $0.dropout) = (.training, try Dropout(probability: 0.5, seed: 1, offset: .max - 2))
    }
    expectError(name, "keeping") { _ = try EncoderLayerSavedTensors(for: good) }
  }

  @Test func encoderLayerOperandsThatDoNotFit() throws {
    let name = "encoder-layer"
    var problem = EncoderLayerProblem(
      batch: 2, length: 3, hidden: 8, heads: 2, feedforward: 5, mode: .training)
    let layer = try EncoderLayer(problem, context: context)
    let weights = try EncoderLayerWeights(for: problem)
    let kept = try EncoderLayerSavedTensors(for: problem)
    let input = [Float](repeating: 1, count: 48)
    var output = [Float](repeating: 7, count: 48)
    expectError(name, "input") {
      try layer.run([1, 2].span, weights: weights, output: output.mutableSpan, keeping: kept)
    }
    expectError(name, "output") {
      var short = [Float](repeating: 7, count: 47)
      try layer.run(input.span, weights: weights, output: short.mutableSpan, keeping: kept)
    }
    let short = try AlignedBuffer<Float>(repeating: 0, count: 4)
    let places: [(String, WritableKeyPath<EncoderLayerWeights, AlignedBuffer<Float>>)] = [
      ("query-key-value", \.queryKeyValue), ("query-key-value-bias", \.queryKeyValueBias), ("out", \.out),
      ("out-bias", \.outBias), ("linear-1", \.linear1), ("linear-1-bias", \.linear1Bias), ("linear-2", \.linear2),
      ("linear-2-bias", \.linear2Bias), ("norm-1-weight", \.norm1Weight), ("norm-1-shift", \.norm1Shift),
      ("norm-2-weight", \.norm2Weight), ("norm-2-shift", \.norm2Shift),
    ]
    for (operand, path) in places {
      var wrong = weights
      wrong[keyPath: path] = short
      expectError(name, operand) {
        try layer.run(input.span, weights: wrong, output: output.mutableSpan, keeping: kept)
      }
    }
    for (operand, path) in places where !operand.contains("bias") && !operand.contains("norm") {
      var wrong = weights
      wrong[keyPath: path] = short
      expectError(name, operand) { _ = try wrong.packed(for: problem, context: context) }
    }
    // Packed where matrices were planned, matrices where packed ones were, and those of another layer.
    let packed = try weights.packed(for: problem, context: context)
    let layerOfPacked = try EncoderLayer(problem, weightsArePacked: true, context: context)
    var wider = problem
    wider.feedforward = 6
    let ofWider = try EncoderLayerWeights(for: wider).packed(for: wider, context: context)
    expectError(name, "query-key-value") {
      try layer.run(input.span, weights: packed, output: output.mutableSpan, keeping: kept)
    }
    expectError(name, "query-key-value") {
      try layerOfPacked.run(input.span, weights: weights, output: output.mutableSpan, keeping: kept)
    }
    expectError(name, "linear-1") {
      try layerOfPacked.run(input.span, weights: ofWider, output: output.mutableSpan, keeping: kept)
    }
    // Nothing kept, or memory of a layer that keeps something else.
    expectError(name, "keeping") { try layer.run(input.span, weights: weights, output: output.mutableSpan) }
    problem.normalization = .pre
    let ofPreNorm = try EncoderLayerSavedTensors(for: problem)
    (problem.normalization, problem.activation) = (.post, .gelu)
    for other in [ofPreNorm, try EncoderLayerSavedTensors(for: problem)] {
      expectError(name, "keeping") {
        try layer.run(input.span, weights: weights, output: output.mutableSpan, keeping: other)
      }
    }
    // Memory that is written and shared.
    let (ofWeights, ofKept) = (weights.out.elements, kept.attended.elements)
    expectError(name, "output") {
      try layer.run(input.span, weights: weights, output: ofWeights.mutableSpan, keeping: kept)
    }
    expectError(name, "keeping") {
      try layer.run(input.span, weights: weights, output: ofKept.mutableSpan, keeping: kept)
    }
    expectError(name, "output") {
      try output.withUnsafeMutableBufferPointer { both in
        try layer.run(UnsafeBufferPointer(both).span, weights: weights, output: both.mutableSpan, keeping: kept)
      }
    }
    #expect(output == [Float](repeating: 7, count: 48))
  }
}

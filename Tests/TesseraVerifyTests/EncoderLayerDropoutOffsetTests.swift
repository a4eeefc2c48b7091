import Tessera
import Testing

/// A layer and its backward pass that take another dropout offset have the bits of ones that were planned with it.
@Suite struct EncoderLayerDropoutOffsetTests {
  private static func problem(
    _ placement: NormalizationPlacement, _ activation: Activation, offset: UInt32
  ) throws -> EncoderLayerProblem {
    var problem = EncoderLayerProblem(
      batch: 2, length: 21, hidden: 48, heads: 3, feedforward: 80, mode: .training)
    (problem.normalization, problem.activation) = (placement, activation)
    problem.dropout = try Dropout(probability: 0.25, seed: 77, offset: offset)
    return problem
  }

  @Test(arguments: NormalizationPlacement.allCases, [Activation.relu, .silu])
  func stepsDrawAnewWithoutNewPlans(placement: NormalizationPlacement, activation: Activation) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: .best)
    let first = try EncoderLayerCall(Self.problem(placement, activation, offset: 8))
    let layer = try EncoderLayer(first.problem, context: context)
    let pass = try EncoderLayerBackward(first.problem, context: context)
    var outputs: [[Float]] = []
    var gradients: [[Float]] = []
    // There and back again.
    for offset: UInt32 in [8, 12, 400, 8] {
      let planned = try EncoderLayerCall(Self.problem(placement, activation, offset: offset))
      try layer.setDropoutOffset(offset)
      try pass.setDropoutOffset(offset)
      #expect(layer.problem == planned.problem && pass.problem == planned.problem)
      let (forward, expected) = (try first.run(context, layer: layer), try planned.run(context))
      let areSame = forward == expected
      #expect(areSame, "offset \(offset)")
      let kept = try EncoderLayerSavedTensors(for: first.problem)
      var output = [Float](repeating: .nan, count: first.input.count)
      try layer.run(first.input.span, weights: first.weights, output: output.mutableSpan, keeping: kept)
      let back = try first.backward(context, kept: kept, pass: pass)
      let backExpected = try planned.backward(context)
      let areSameBack = back == backExpected
      #expect(areSameBack, "backward, offset \(offset)")
      outputs.append(output)
      gradients.append(back["input"]!)
    }
    for results in [outputs, gradients] {
      #expect(results[0] == results[3] && results[0] != results[1] && results[1] != results[2])
    }
  }

  @Test func anOffsetWithoutRoomChangesNothing() throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 1), instructionSet: .best)
    let problem = try Self.problem(.post, .relu, offset: 8)
    let layer = try EncoderLayer(problem, context: context)
    let pass = try EncoderLayerBackward(problem, context: context)
    #expect(throws: TesseraError.self) { try layer.setDropoutOffset(.max - 2) }
    #expect(throws: TesseraError.self) { try pass.setDropoutOffset(.max - 2) }
    #expect(layer.problem == problem && pass.problem == problem)
    try layer.setDropoutOffset(.max - 3)
    #expect(layer.problem.dropout?.offset == UInt32.max - 3)
  }

  /// The error has both offsets, and nothing is written.
  @Test(arguments: NormalizationPlacement.allCases)
  func whatAnotherOffsetKeptIsRefused(placement: NormalizationPlacement) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: .best)
    let call = try EncoderLayerCall(Self.problem(placement, .gelu, offset: 8))
    let layer = try EncoderLayer(call.problem, context: context)
    let pass = try EncoderLayerBackward(call.problem, context: context)
    let kept = try EncoderLayerSavedTensors(for: call.problem)
    for (forward, backward) in [(12, 8), (12, 16), (8, 12)] as [(UInt32, UInt32)] {
      try layer.setDropoutOffset(forward)
      try call.fill(kept, by: layer)
      try pass.setDropoutOffset(backward)
      try call.expectRefusal(
        context, kept: kept, pass: pass,
        expected: "tensors of a forward call with dropout 0.25, seed 77, offset \(backward)",
        actual: "those of one with dropout 0.25, seed 77, offset \(forward)")
      try pass.setDropoutOffset(forward)
      let planned = try EncoderLayerCall(Self.problem(placement, .gelu, offset: forward))
      let isSame = try call.backward(context, kept: kept, pass: pass) == planned.backward(context)
      #expect(isSame, "offset \(forward)")
    }
  }

  /// Nothing is written, whether or not anything is dropped, and without sequences, too.
  @Test(arguments: NormalizationPlacement.allCases, [0, 2])
  func whatNoForwardCallHasWrittenIsRefused(placement: NormalizationPlacement, batch: Int) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: .best)
    for probability in [nil, 0, 0.25] as [Double?] {
      var problem = EncoderLayerProblem(
        batch: batch, length: 5, hidden: 8, heads: 2, feedforward: 6, mode: .training)
      problem.normalization = placement
      problem.dropout = try probability.map { try Dropout(probability: $0, seed: 77, offset: 8) }
      let call = try EncoderLayerCall(problem)
      let kept = try EncoderLayerSavedTensors(for: problem)
      let buffers = kept.buffers
      for index in buffers.indices { buffers[index]?.update(repeating: 1) }
      let drops = probability == 0.25
      try call.expectRefusal(
        context, kept: kept,
        expected: "tensors of a forward call with \(drops ? "dropout 0.25, seed 77, offset 8" : "no dropout")",
        actual: "memory that none has written")
    }
  }

  /// Nothing is dropped in inference, or without a dropout.
  @Test func aLayerThatDropsNothingStaysAsItIs() throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 1), instructionSet: .best)
    for mode in ExecutionMode.allCases {
      var problem = try Self.problem(.pre, .gelu, offset: 8)
      (problem.mode, problem.dropout) = (mode, mode == .inference ? problem.dropout : nil)
      let call = try EncoderLayerCall(problem)
      let layer = try EncoderLayer(problem, context: context)
      let before = try call.run(context, layer: layer)
      try layer.setDropoutOffset(40)
      let after = try call.run(context, layer: layer)
      let isSame = before == after
      #expect(isSame)
    }
  }
}

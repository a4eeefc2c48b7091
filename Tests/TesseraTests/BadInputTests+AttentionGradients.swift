import Tessera
import Testing

/// What does not fit the backward pass is thrown before anything else, by the operand's name, and nothing is written.
extension BadInputTests {
  private static func gradientProblem(_ change: (inout AttentionProblem) -> Void = { _ in }) -> AttentionProblem {
    var problem = AttentionProblem(
      batch: 2, queryHeads: 4, keyValueHeads: 2, queryLength: 3, keyLength: 5, headDimension: 4, valueDimension: 6)
    change(&problem)
    return problem
  }

  private func expectGradientPlanError(
    _ operand: String, sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout AttentionProblem) -> Void
  ) {
    expectError("attention-gradients", operand, sourceLocation: sourceLocation) {
      _ = try AttentionGradientPlan(for: Self.gradientProblem(change), context: context)
    }
  }

  @Test func attentionGradientProblems() throws {
    expectGradientPlanError("batch") { $0.batch = -1 }
    expectGradientPlanError("head dimension") { $0.headDimension = 513 }
    expectGradientPlanError("scale") { $0.scale = .nan }
    expectGradientPlanError("key lengths") { $0.keyLengths = [1] }
    expectGradientPlanError("keys") { $0.keyValueType = .bfloat16 }
    for (operand, path) in [
      ("queries", \AttentionProblem.queries), ("output", \.output), ("output-gradient", \.gradients.output),
      ("queries-gradient", \.gradients.queries), ("keys-gradient", \.gradients.keys),
      ("values-gradient", \.gradients.values),
    ] {
      expectGradientPlanError(operand) { $0[keyPath: path].rows += 1 }
      expectGradientPlanError(operand) { $0[keyPath: path].columns -= 1 }
      expectGradientPlanError(operand) { $0[keyPath: path].rowStride = -1 }
    }
    for (operand, path) in [
      ("queries-gradient", \AttentionProblem.gradients.queries), ("keys-gradient", \.gradients.keys),
      ("values-gradient", \.gradients.values),
    ] {
      expectGradientPlanError(operand) { $0[keyPath: path].rowStride = 0 }
      expectGradientPlanError(operand) { $0[keyPath: path].innerStride = 0 }
    }
    // What is read may be the same for all; forward does not look at where gradients lie.
    _ = try AttentionGradientPlan(for: Self.gradientProblem { $0.gradients.output.rowStride = 0 }, context: context)
    _ = try AttentionPlan(for: Self.gradientProblem { $0.gradients.keys.rowStride = 0 }, context: context)
  }

  @Test func attentionGradientSpans() throws {
    let problem = Self.gradientProblem {
      $0.bias = BatchedMatrixLayout(scoresOf: $0)
      $0.booleanMask = BatchedMatrixLayout(scoresOf: $0)
    }
    let call = try AttentionGradientCall(problem)
    let (output, kept) = try call.forwardResult(context)
    let plan = try AttentionGradientPlan(for: call.problem, context: context)
    var results = [problem.gradients.queries, problem.gradients.keys, problem.gradients.values].map {
      [Float](repeating: 7, count: $0.requiredCount!)
    }
    func expectThrow(
      _ operand: String, output: [Float], sourceLocation: SourceLocation = #_sourceLocation,
      _ change: (inout AttentionGradientCall) -> Void
    ) {
      var changed = call
      change(&changed)
      var (queries, keys, values) = (results[0], results[1], results[2])
      expectError("attention-gradients", operand, sourceLocation: sourceLocation) {
        try plan.run(
          queries: changed.forward.queries.span, keys: changed.forward.keys.span, values: changed.forward.values.span,
          bias: changed.forward.bias?.span, mask: changed.forward.mask?.span, output: output.span, kept: kept,
          outputGradient: changed.outputGradient.span, queriesGradient: queries.mutableSpan,
          keysGradient: keys.mutableSpan, valuesGradient: values.mutableSpan)
      }
      #expect([queries, keys, values].allSatisfy { $0.allSatisfy { $0 == 7 } }, sourceLocation: sourceLocation)
    }
    expectThrow("queries", output: output) { $0.forward.queries.removeLast() }
    expectThrow("keys", output: output) { $0.forward.keys.removeLast() }
    expectThrow("values", output: output) { $0.forward.values.removeLast() }
    expectThrow("bias", output: output) { $0.forward.bias!.removeLast() }
    expectThrow("bias", output: output) { $0.forward.bias = nil }
    expectThrow("mask", output: output) { $0.forward.mask!.removeLast() }
    expectThrow("mask", output: output) { $0.forward.mask = nil }
    expectThrow("output", output: Array(output.dropLast())) { _ in }
    expectThrow("output-gradient", output: output) { $0.outputGradient.removeLast() }
    for (index, operand) in ["queries-gradient", "keys-gradient", "values-gradient"].enumerated() {
      let whole = results[index]
      results[index].removeLast()
      expectThrow(operand, output: output) { _ in }
      results[index] = whole
    }
  }

  @Test func attentionGradientOverlappingMemory() throws {
    var problem = AttentionProblem(batch: 1, queryHeads: 1, queryLength: 4, headDimension: 8)
    problem.writesLogSumExp = true
    let kept = try AttentionSavedTensors(for: problem)
    let memory = try AlignedBuffer<Float>(repeating: 1, count: 300)
    func part(_ start: Int) -> UnsafeMutableBufferPointer<Float> {
      UnsafeMutableBufferPointer(rebasing: memory.elements[start..<start + 32])
    }
    let inputs = [0, 32, 64, 96, 128].map { UnsafeBufferPointer(part($0)) }
    for (operand, starts) in [
      ("queries-gradient", [0, 192, 224]), ("queries-gradient", [127, 192, 224]), ("keys-gradient", [160, 31, 224]),
      ("values-gradient", [160, 192, 64]), ("queries-gradient", [160, 191, 224]), ("keys-gradient", [160, 192, 223]),
    ] {
      let (queries, keys, values) = (part(starts[0]), part(starts[1]), part(starts[2]))
      expectError("attention-gradients", operand) {
        try AttentionGradientPlan(for: problem, context: context).run(
          queries: inputs[0].span, keys: inputs[1].span, values: inputs[2].span, output: inputs[3].span, kept: kept,
          outputGradient: inputs[4].span, queriesGradient: queries.mutableSpan, keysGradient: keys.mutableSpan,
          valuesGradient: values.mutableSpan)
      }
    }
    #expect(memory.elements.allSatisfy { $0 == 1 })
  }
}

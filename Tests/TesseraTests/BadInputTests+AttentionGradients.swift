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
    // The gradient of the bias is added up over what it is broadcast for, and is of a bias.
    func expectBiasGradientError(_ change: (inout BatchedMatrixLayout) -> Void) {
      expectGradientPlanError("bias-gradient") {
        $0.bias = BatchedMatrixLayout(scoresOf: $0)
        var layout = BatchedMatrixLayout(scoresOf: $0)
        change(&layout)
        $0.gradients.bias = layout
      }
    }
    expectBiasGradientError { $0.rows += 1 }
    expectBiasGradientError { $0.columns -= 1 }
    expectBiasGradientError { $0.rowStride = -1 }
    expectBiasGradientError { $0.rowStride = 1 }
    expectBiasGradientError { $0.innerStride = 5 }
    expectGradientPlanError("bias-gradient") { $0.gradients.bias = BatchedMatrixLayout(scoresOf: $0) }
    _ = try AttentionGradientPlan(
      for: Self.gradientProblem {
        $0.bias = BatchedMatrixLayout(scoresOf: $0)
        $0.gradients.bias = BatchedMatrixLayout(scoresOf: $0, heads: true, queries: true)
      }, context: context)
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
    let (_, kept) = try AttentionGradientCall(problem).forwardResult(context)
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

  @Test func attentionParameterGradientSpans() throws {
    let problem = Self.gradientProblem {
      $0.bias = BatchedMatrixLayout(scoresOf: $0)
      $0.gradients.bias = $0.bias
      ($0.slopes, $0.hasSinks) = (.perSequenceAndHead, true)
    }
    let call = try AttentionGradientCall(problem)
    let (output, kept) = try call.forwardResult(context)
    let plan = try AttentionGradientPlan(for: call.problem, context: context)
    var queries = [Float](repeating: 7, count: problem.gradients.queries.requiredCount!)
    var keys = [Float](repeating: 7, count: problem.gradients.keys.requiredCount!)
    var values = [Float](repeating: 7, count: problem.gradients.values.requiredCount!)
    for (operand, change) in [
      ("bias-gradient", { $0.gradients.bias = BatchedMatrixLayout(scoresOf: $0, heads: true) }),
      ("bias-gradient", { $0.gradients.bias = nil }), ("slopes-gradient", { $0.slopes = .perHead }),
      ("slopes-gradient", { $0.slopes = nil }), ("sinks-gradient", { $0.hasSinks = false }),
    ] as [(String, (inout AttentionProblem) -> Void)] {
      var other = problem
      change(&other)
      let parameters = try AttentionParameterGradients(for: other)
      expectError("attention-gradients", operand) {
        try plan.run(
          queries: call.forward.queries.span, keys: call.forward.keys.span, values: call.forward.values.span,
          bias: call.forward.bias?.span, slopes: call.forward.slopes?.span, sinks: call.forward.sinks?.span,
          output: output.span, kept: kept, outputGradient: call.outputGradient.span,
          queriesGradient: queries.mutableSpan, keysGradient: keys.mutableSpan, valuesGradient: values.mutableSpan,
          parameters: parameters)
      }
    }
    // Gradients of queries in the bias's.
    let parameters = try AttentionParameterGradients(for: problem)
    parameters.bias.elements.update(repeating: 7)
    let shared = UnsafeMutableBufferPointer(rebasing: parameters.bias.elements[..<queries.count])
    expectError("attention-gradients", "queries-gradient") {
      try plan.run(
        queries: call.forward.queries.span, keys: call.forward.keys.span, values: call.forward.values.span,
        bias: call.forward.bias?.span, slopes: call.forward.slopes?.span, sinks: call.forward.sinks?.span,
        output: output.span, kept: kept, outputGradient: call.outputGradient.span,
        queriesGradient: shared.mutableSpan, keysGradient: keys.mutableSpan, valuesGradient: values.mutableSpan,
        parameters: parameters)
    }
    #expect([queries, keys, values].allSatisfy { $0.allSatisfy { $0 == 7 } })
    #expect(parameters.bias.elements.allSatisfy { $0 == 7 })
  }
}

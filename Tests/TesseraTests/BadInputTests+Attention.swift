import Tessera
import Testing

/// What does not fit attention is thrown before anything else, by the operand's name, and nothing is written.
extension BadInputTests {
  private static func problem(_ change: (inout AttentionProblem) -> Void = { _ in }) -> AttentionProblem {
    var problem = AttentionProblem(
      batch: 2, queryHeads: 4, keyValueHeads: 2, queryLength: 3, keyLength: 5, headDimension: 4, valueDimension: 6)
    change(&problem)
    return problem
  }

  private func expectPlanError(
    _ operand: String, sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout AttentionProblem) -> Void
  ) {
    let problem = Self.problem(change)
    expectError("attention", operand, sourceLocation: sourceLocation) {
      _ = try AttentionPlan(for: problem, context: context)
    }
    #expect(throws: TesseraError.self, sourceLocation: sourceLocation) { _ = try AttentionSavedTensors(for: problem) }
  }

  @Test func attentionExtents() {
    for bad in [-1, .min, .max, Int(Int32.max) + 1] {
      expectPlanError("batch") { $0.batch = bad }
      expectPlanError("query heads") { $0.queryHeads = bad }
      expectPlanError("key-value heads") { $0.keyValueHeads = bad }
      expectPlanError("query length") { $0.queryLength = bad }
      expectPlanError("key length") { $0.keyLength = bad }
      expectPlanError("head dimension") { $0.headDimension = bad }
      expectPlanError("value dimension") { $0.valueDimension = bad }
    }
    for bad in [0, 513] {
      expectPlanError("head dimension") { $0.headDimension = bad }
      expectPlanError("value dimension") { $0.valueDimension = bad }
    }
    expectPlanError("query heads") { $0.keyValueHeads = 3 }
    expectPlanError("query heads") { $0.keyValueHeads = 8 }
    expectPlanError("query heads") { $0.keyValueHeads = 0 }
    // What the layouts are made from before anything is checked may wrap, but not trap.
    for (heads, length) in [(Int.max, Int.max), (1 << 40, 1 << 40), (.min, -1)] {
      #expect(throws: TesseraError.self) {
        _ = try AttentionPlan(
          for: AttentionProblem(
            batch: heads, queryHeads: heads, queryLength: length, headDimension: 4, order: .rowsFirst))
      }
    }
  }

  @Test func attentionOptions() throws {
    for bad: Float in [.nan, .infinity, -.infinity, 3e38] { expectPlanError("scale") { $0.scale = bad } }
    for bad: Float in [-1, .nan, .infinity] { expectPlanError("softcap") { $0.softcap = bad } }
    expectPlanError("window's left") { $0.mask = .window(left: -2, right: nil) }
    expectPlanError("window's right") { $0.mask = .window(left: nil, right: .min) }
    expectPlanError("query offsets") { $0.queryOffsets = [1] }
    expectPlanError("query offset of sequence 1") { $0.queryOffsets = [0, .min] }
    expectPlanError("query offset of sequence 0") { $0.queryOffsets = [Int(Int32.max) + 1, 0] }
    expectPlanError("key lengths") { $0.keyLengths = [1] }
    expectPlanError("key lengths") { $0.keyLengths = [1, 2, 3] }
    expectPlanError("key length of sequence 1") { $0.keyLengths = [1, 6] }
    expectPlanError("key length of sequence 0") { $0.keyLengths = [-1, 6] }
    expectPlanError("document starts") { $0.documentStarts = [[0]] }
    expectPlanError("document starts of sequence 1") { $0.documentStarts = [[], [3, 2]] }
    for bad in [-1, .min, .max, Int(Int32.max) + 1] {
      expectPlanError("document starts of sequence 0") { $0.documentStarts = [[bad], []] }
    }
    expectPlanError("dropout sequences") { $0.dropoutSequences = [] }
    for bad in [-1, .max, Int(UInt32.max) / 4 + 1] {
      expectPlanError("dropout sequences") { $0.dropoutSequences = [0, bad] }
    }
    for bad in [-0.1, 1.1, .nan] {
      expectError("dropout", "probability") { _ = try Dropout(probability: bad, seed: 1) }
    }
  }

  @Test func attentionLayouts() {
    for (operand, path) in [
      ("queries", \AttentionProblem.queries), ("keys", \.keys), ("values", \.values), ("output", \.output),
    ] {
      expectPlanError(operand) { $0[keyPath: path].rows += 1 }
      expectPlanError(operand) { $0[keyPath: path].columns -= 1 }
      expectPlanError(operand) { $0[keyPath: path].planes *= 2 }
      expectPlanError(operand) { $0[keyPath: path].rowStride = -1 }
      expectPlanError(operand) { $0[keyPath: path].offset = -1 }
      expectPlanError(operand) { $0[keyPath: path].outerStride = .max }
      expectPlanError(operand) { $0[keyPath: path].innerPlanes = 0 }
    }
    // The others may overlap.
    expectPlanError("output") { $0.output.rowStride = 0 }
    expectPlanError("output") { $0.output.innerStride = 0 }
    expectPlanError("output") { $0.output.outerStride = 1 }
    for (operand, path) in [("bias", \AttentionProblem.bias), ("mask", \.booleanMask)] {
      expectPlanError(operand) { $0[keyPath: path] = BatchedMatrixLayout(planes: 8, rows: 3, columns: 6) }
      expectPlanError(operand) { $0[keyPath: path] = BatchedMatrixLayout(planes: 4, rows: 3, columns: 5) }
    }
  }

  @Test func attentionSpans() throws {
    let problem = Self.problem {
      $0.bias = BatchedMatrixLayout(scoresOf: $0)
      $0.booleanMask = BatchedMatrixLayout(scoresOf: $0)
      ($0.slopes, $0.hasSinks) = (.perSequenceAndHead, true)
      $0.writesLogSumExp = true
    }
    let call = try AttentionCall(problem)
    let kept = try AttentionSavedTensors(for: problem)
    let plan = try AttentionPlan(for: problem, context: context)
    var output = [Float](repeating: 7, count: call.problem.output.requiredCount!)
    func expectThrow(
      _ operand: String, keeping: AttentionSavedTensors?, _ change: (inout AttentionCall) -> Void
    ) {
      var changed = call
      change(&changed)
      expectError("attention", operand) {
        try plan.run(
          queries: changed.queries.span, keys: changed.keys.span, values: changed.values.span,
          bias: changed.bias?.span, mask: changed.mask?.span, slopes: changed.slopes?.span, sinks: changed.sinks?.span,
          output: output.mutableSpan, keeping: keeping)
      }
    }
    expectThrow("queries", keeping: kept) { $0.queries.removeLast() }
    expectThrow("keys", keeping: kept) { $0.keys.removeLast() }
    expectThrow("values", keeping: kept) { $0.values.removeLast() }
    expectThrow("bias", keeping: kept) { $0.bias!.removeLast() }
    expectThrow("bias", keeping: kept) { $0.bias = nil }
    expectThrow("mask", keeping: kept) { $0.mask!.removeLast() }
    expectThrow("mask", keeping: kept) { $0.mask = nil }
    expectThrow("slopes", keeping: kept) { $0.slopes!.removeLast() }
    expectThrow("slopes", keeping: kept) { $0.slopes = nil }
    expectThrow("sinks", keeping: kept) { $0.sinks!.removeLast() }
    expectThrow("sinks", keeping: kept) { $0.sinks = nil }
    expectThrow("keeping", keeping: nil) { _ in }
    var smaller = problem
    smaller.batch = 1
    for path in [\AttentionProblem.queries, \.keys, \.values, \.output] { smaller[keyPath: path].planes /= 2 }
    (smaller.bias, smaller.booleanMask, smaller.slopes) = (nil, nil, nil)
    expectThrow("log-sum-exp", keeping: try AttentionSavedTensors(for: smaller)) { _ in }
    #expect(output.allSatisfy { $0 == 7 })
    var short = [Float](repeating: 7, count: output.count - 1)
    expectError("attention", "output") {
      try plan.run(
        queries: call.queries.span, keys: call.keys.span, values: call.values.span, bias: call.bias?.span,
        mask: call.mask?.span, slopes: call.slopes?.span, sinks: call.sinks?.span, output: short.mutableSpan,
        keeping: kept)
    }
    #expect(short.allSatisfy { $0 == 7 })
  }

  @Test func attentionOverlappingMemory() throws {
    var problem = AttentionProblem(batch: 1, queryHeads: 1, queryLength: 4, headDimension: 8)
    problem.writesLogSumExp = true
    let kept = try AttentionSavedTensors(for: problem)
    let memory = try AlignedBuffer<Float>(repeating: 1, count: 200)
    func part(_ start: Int) -> UnsafeMutableBufferPointer<Float> {
      UnsafeMutableBufferPointer(rebasing: memory.elements[start..<start + 32])
    }
    let inputs = [part(0), part(32), part(64)].map { UnsafeBufferPointer($0) }
    for start in [0, 31, 32, 63, 64, 95] {
      let output = part(start)
      expectError("attention", "output") {
        try AttentionPlan(for: problem, context: context).run(
          queries: inputs[0].span, keys: inputs[1].span, values: inputs[2].span, output: output.mutableSpan,
          keeping: kept)
      }
    }
    #expect(memory.elements.allSatisfy { $0 == 1 })
    // Inputs may be the same memory.
    let output = part(96)
    try AttentionPlan(for: problem, context: context).run(
      queries: inputs[0].span, keys: inputs[0].span, values: inputs[0].span, output: output.mutableSpan, keeping: kept)
    #expect(output.allSatisfy { $0 == 1 })
  }
}

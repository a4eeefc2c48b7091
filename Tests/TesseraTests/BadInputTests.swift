import Tessera
import Testing

/// What does not fit is thrown before anything else, with operator, operand, expectation and fact; nothing is written.
@Suite struct BadInputTests {
  let context = try! ExecutionContext(pool: WorkerPool(threadCount: 2))

  func expectError(
    _ operation: String, _ operand: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) {
    do {
      try body()
      Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch TesseraError.invalidOperand(let thrownOperation, let thrownOperand, let expected, let actual) {
      #expect(thrownOperation == operation, sourceLocation: sourceLocation)
      #expect(thrownOperand == operand, sourceLocation: sourceLocation)
      #expect(!expected.isEmpty && !actual.isEmpty, sourceLocation: sourceLocation)
    } catch {
      Issue.record("another error: \(error)", sourceLocation: sourceLocation)
    }
  }

  @Test func shortSpans() throws {
    let four = [Float](repeating: 1, count: 4)
    var out = [Float](repeating: 7, count: 3)
    let layout = MatrixLayout(rows: 2, columns: 2)
    expectError("bias", "output") { try addBias(four.span, layout, bias: four.span, output: out.mutableSpan) }
    expectError("bias", "input") {
      try addBias(four.span, MatrixLayout(rows: 3, columns: 2), bias: four.span, output: out.mutableSpan)
    }
    expectError("softmax", "output") { try softmax(four.span, layout, output: out.mutableSpan) }
    expectError("layer-norm", "weight") {
      try layerNorm(
        four.span, MatrixLayout(rows: 1, columns: 3), weight: [Float](repeating: 1, count: 2).span, shift: four.span,
        output: out.mutableSpan)
    }
    expectError("linear", "output") {
      try linear(four.span, layout, weight: four.span, weightLayout: layout, output: out.mutableSpan)
    }
    #expect(out == [7, 7, 7])
  }

  @Test func mismatchedExtents() throws {
    let many = [Float](repeating: 1, count: 100)
    var out = [Float](repeating: 7, count: 100)
    let layout = MatrixLayout(rows: 2, columns: 3)
    expectError("residual", "residual") {
      try addResidual(
        many.span, layout, residual: many.span, residualLayout: MatrixLayout(rows: 3, columns: 2),
        output: out.mutableSpan)
    }
    expectError("scale", "output") {
      try scale(many.span, layout, by: 2, output: out.mutableSpan, outputLayout: MatrixLayout(rows: 2, columns: 2))
    }
    expectError("linear", "weight") {
      try linear(
        many.span, layout, weight: many.span, weightLayout: MatrixLayout(rows: 4, columns: 4), output: out.mutableSpan)
    }
    expectError("batched-contraction", "right") {
      _ = try BatchedContractionPlan(
        left: .init(planes: 2, rows: 3, columns: 4), right: .init(planes: 1, rows: 4, columns: 5))
    }
    expectError("batched-contraction", "left") {
      _ = try BatchedContractionPlan(
        left: .init(planes: 2, rows: 3, columns: 4), right: .init(planes: 2, rows: 5, columns: 5))
    }
    expectError("dropout", "planes") {
      var mask = [UInt8](repeating: 0, count: 100)
      try dropout(
        many.span, MatrixLayout(rows: 5, columns: 2), try Dropout(probability: 0.1, seed: 1), planes: 2,
        output: out.mutableSpan, mask: mask.mutableSpan)
    }
    #expect(out.allSatisfy { $0 == 7 })
  }

  @Test func negativeAndOverflowingExtents() throws {
    for entry in OperatorCatalog.entries {
      for extent in entry.descriptor.extents {
        for value in [-1, Int.min, Int.max, Int.max / 2, 1 << 45] {
          var extents: Extents = [.planes: 2, .rows: 3, .columns: 4, .depth: 5, .vocabulary: 6]
          extents[extent] = value
          #expect(throws: TesseraError.self, "\(entry.descriptor.name) \(extent) \(value)") {
            _ = try entry.prepare(OperatorRequest(extents: extents), context: context)
          }
        }
      }
    }
  }

  @Test func overlappingMemory() throws {
    let memory = try AlignedBuffer<Float>(repeating: 1, count: 100)
    let layout = MatrixLayout(rows: 4, columns: 8)
    let input = UnsafeBufferPointer(rebasing: memory.elements[0..<32])
    var (shifted, same) = (UnsafeMutableBufferPointer(rebasing: memory.elements[4..<36]), memory.elements)
    same = UnsafeMutableBufferPointer(rebasing: same[0..<32])
    expectError("relu", "output") { try relu(input.span, layout, output: shifted.mutableSpan) }
    expectError("softmax", "output") { try softmax(input.span, layout, output: shifted.mutableSpan) }
    expectError("bias", "output") {
      try addBias(
        UnsafeBufferPointer(rebasing: memory.elements[40..<72]).span, layout, bias: input.span, output: same.mutableSpan
      )
    }
    // Exactly the same memory is what in place means.
    try relu(input.span, layout, output: same.mutableSpan)
    // Columns 0 ..< 4 and 4 ..< 8 of one parent do not meet.
    shifted = memory.elements
    try relu(
      UnsafeBufferPointer(memory.elements).span, MatrixLayout(rows: 4, columns: 4, rowStride: 8),
      output: shifted.mutableSpan, outputLayout: MatrixLayout(rows: 4, columns: 4, rowStride: 8, offset: 4))
  }

  @Test func optionsOutOfRange() throws {
    expectError("dropout", "probability") { _ = try Dropout(probability: 1.5, seed: 0) }
    expectError("layer-norm", "epsilon") {
      _ = try LayerNormPlan(input: MatrixLayout(rows: 1, columns: 1), epsilon: -1)
    }
    expectError("bias-dropout-residual-layer-norm", "keeping") {
      let plan = try BiasDropoutResidualLayerNormPlan(
        input: MatrixLayout(rows: 1, columns: 1), dropout: nil, mode: .training)
      let one = [Float](repeating: 1, count: 1)
      var out = one
      try plan.run(
        one.span, bias: one.span, residual: one.span, weight: one.span, shift: one.span, output: out.mutableSpan)
    }
    #expect(throws: TesseraError.self) { try OperatorCatalog.entry(named: "attention-of-tomorrow") }
  }

  @Test func fusedElementwise() throws {
    let many = [Float](repeating: 1, count: 100)
    let short = [Float](repeating: 1, count: 5)
    var out = [Float](repeating: 7, count: 100)
    let layout = MatrixLayout(rows: 4, columns: 6)
    let wrong = MatrixLayout(rows: 6, columns: 4)
    let draws = try Dropout(probability: 0.1, seed: 1)
    expectError("gelu", "output") {
      try activate(many.span, layout, with: .gelu, output: out.mutableSpan, outputLayout: wrong, context: context)
    }
    expectError("bias-activation-dropout", "bias") {
      try BiasActivationDropoutPlan(.silu, input: layout, dropout: draws, mode: .training, context: context)
        .run(many.span, bias: short.span, output: out.mutableSpan)
    }
    expectError("bias-activation-dropout", "planes") {
      _ = try BiasActivationDropoutPlan(
        .relu, input: layout, planes: 3, dropout: draws, mode: .training, context: context)
    }
    expectError("bias-activation-dropout", "output") {
      _ = try BiasActivationDropoutPlan(
        .relu, input: layout, output: MatrixLayout(rows: 4, columns: 6, rowStride: 5), dropout: nil, mode: .inference,
        context: context)
    }
    expectError("bias-dropout-residual", "residual") {
      try BiasDropoutResidualPlan(input: layout, residual: wrong, dropout: draws, mode: .training, context: context)
        .run(many.span, bias: many.span, residual: many.span, output: out.mutableSpan)
    }
    expectError("bias-dropout-residual", "residual") {
      try BiasDropoutResidualPlan(input: layout, dropout: draws, mode: .training, context: context)
        .run(many.span, bias: many.span, residual: short.span, output: out.mutableSpan)
    }
    expectError("bias-relu-residual", "bias") {
      try biasReLUResidual(
        many.span, layout, bias: short.span, residual: many.span, output: out.mutableSpan, context: context)
    }
    expectError("swiglu", "up") {
      try gatedActivation(.silu, gate: many.span, layout, up: short.span, output: out.mutableSpan, context: context)
    }
    expectError("geglu", "gate") {
      try gatedActivation(.gelu, gate: short.span, layout, up: many.span, output: out.mutableSpan, context: context)
    }
    #expect(out.allSatisfy { $0 == 7 })
  }

  /// The second matrix may be the output where its function says so, and not shifted, nor in another one.
  @Test func overlapWithTheSecondMatrix() throws {
    let memory = try AlignedBuffer<Float>(repeating: 1, count: 100)
    let many = [Float](repeating: 1, count: 100)
    let layout = MatrixLayout(rows: 4, columns: 8)
    let whole = UnsafeBufferPointer(memory.elements)
    let out = memory.elements
    let plan = try BiasDropoutResidualPlan(input: layout, dropout: nil, mode: .inference, context: context)
    expectError("bias-dropout-residual", "output") {
      try plan.run(many.span, bias: many.span, residual: whole.span, output: out.mutableSpan)
    }
    expectError("bias-dropout-residual", "output") {
      try plan.run(whole.span, bias: many.span, ontoResidual: out.mutableSpan)
    }
    expectError("swiglu", "output") {
      try gatedActivation(.silu, gate: many.span, layout, up: whole.span, output: out.mutableSpan, context: context)
    }
    #expect(memory.elements.allSatisfy { $0 == 1 })
  }

  /// In place each output lies on its own part of the input: on another's it would be read after it is written.
  @Test func inputBiasRefusesPartsOfOthers() throws {
    let ordinary = AttentionInputBiasProblem(batch: 1, length: 2, queryHeads: 2, headDimension: 2).inPlace
    let bias = [Float](repeating: 100, count: 12)
    for (first, second) in [(0, 1), (1, 2), (0, 2)] {
      var parts = [ordinary.queries, ordinary.keys, ordinary.values]
      parts.swapAt(first, second)
      var problem = ordinary
      (problem.queries, problem.keys, problem.values) = (parts[0], parts[1], parts[2])
      var values = (0..<24).map(Float.init)
      let before = values
      #expect(throws: TesseraError.self) {
        try AttentionInputBiasPlan(problem).run(inPlace: values.mutableSpan, bias: bias.span)
      }
      #expect(values == before)
    }
  }
}

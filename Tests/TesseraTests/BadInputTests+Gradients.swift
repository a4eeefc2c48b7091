import Tessera
import Testing

/// What does not fit the operators of the backward pass.
extension BadInputTests {
  @Test func gradientsOfNormsThatDoNotFit() throws {
    let (layout, wrong) = (MatrixLayout(rows: 2, columns: 3), MatrixLayout(rows: 3, columns: 2))
    let (six, two) = ([Float](repeating: 1, count: 6), [Float](repeating: 1, count: 2))
    var (out, second) = ([Float](repeating: 7, count: 6), [Float](repeating: 7, count: 6))
    let dropout = try Dropout(probability: 0.5, seed: 1)
    let kept = try BiasDropoutResidualLayerNormSavedTensors(rows: 2, columns: 3)
    let few = try BiasDropoutResidualLayerNormSavedTensors(rows: 1, columns: 6)
    let name = "bias-dropout-residual-layer-norm-gradient"
    func plan(
      sum: MatrixLayout? = nil, residual: MatrixLayout? = nil, input: MatrixLayout? = nil, dropout: Dropout? = dropout
    ) throws -> BiasDropoutResidualLayerNormGradientPlan {
      try BiasDropoutResidualLayerNormGradientPlan(
        outputGradient: layout, sumGradient: sum, residualGradient: residual, inputGradient: input, dropout: dropout,
        context: context)
    }
    expectError(name, "sum-gradient") { _ = try plan(sum: wrong) }
    expectError(name, "residual-gradient") { _ = try plan(residual: MatrixLayout(rows: 2, columns: 3, rowStride: 2)) }
    expectError(name, "input-gradient") { _ = try plan(input: wrong) }
    func run(
      _ plan: BiasDropoutResidualLayerNormGradientPlan, _ gradient: [Float],
      _ kept: BiasDropoutResidualLayerNormSavedTensors, weight: [Float], sum: [Float]? = nil
    ) throws {
      try plan.run(
        gradient.span, kept: kept, weight: weight.span, sumGradient: sum?.span, residualGradient: out.mutableSpan,
        inputGradient: second.mutableSpan)
    }
    expectError(name, "output-gradient") { try run(plan(), two, kept, weight: six) }
    expectError(name, "mean") { try run(plan(), six, few, weight: six) }
    expectError(name, "weight") { try run(plan(), six, kept, weight: two) }
    // A plan without dropout has one gradient, and one without a gradient of the sum takes none.
    expectError(name, "input-gradient") { try run(plan(dropout: nil), six, kept, weight: six) }
    expectError(name, "sum-gradient") { try run(plan(), six, kept, weight: six, sum: six) }
    expectError(name, "sum-gradient") { try run(plan(sum: layout), six, kept, weight: six) }
    expectError("layer-norm-parameter-gradients", "shift-gradient") {
      var short = two
      try layerNormParameterGradients(
        six.span, layout, kept: kept, weightGradient: out.mutableSpan, shiftGradient: short.mutableSpan,
        context: context)
    }
    expectError("residual-rms-norm-parameter-gradients", "second-gradient") {
      _ = try ResidualRMSNormParameterGradientsPlan(outputGradient: layout, secondGradient: wrong, context: context)
    }
    #expect(out.allSatisfy { $0 == 7 } && second.allSatisfy { $0 == 7 })
  }

  @Test func gradientsOfElementwiseOperatorsThatDoNotFit() throws {
    let (layout, wrong) = (MatrixLayout(rows: 2, columns: 3), MatrixLayout(rows: 3, columns: 2))
    let (six, two) = ([Float](repeating: 1, count: 6), [Float](repeating: 1, count: 2))
    var (out, row) = ([Float](repeating: 7, count: 6), [Float](repeating: 7, count: 3))
    let name = "bias-activation-dropout-gradient"
    func saved(_ activation: Activation) throws -> BiasActivationDropoutSavedTensors {
      try BiasActivationDropoutPlan(activation, input: layout, dropout: nil, mode: .training, context: context)
        .savedTensors
    }
    expectError(name, "planes") {
      _ = try BiasActivationDropoutGradientPlan(saved(.relu), outputGradient: wrong, planes: 2, context: context)
    }
    expectError(name, "input") {
      _ = try BiasActivationDropoutGradientPlan(
        saved(.gelu), outputGradient: layout, neededTensor: wrong, context: context)
    }
    func run(_ activation: Activation, _ needed: [Float], bias: [Float]?) throws {
      try biasActivationDropoutGradient(
        saved(activation), six.span, layout, neededTensor: needed.span, bias: bias?.span,
        inputGradient: out.mutableSpan, biasGradient: row.mutableSpan, context: context)
    }
    expectError(name, "output") { try run(.relu, two, bias: nil) }
    expectError(name, "bias") { try run(.relu, six, bias: six) }
    expectError(name, "bias") { try run(.silu, six, bias: nil) }
    expectError(name, "bias") { try run(.silu, six, bias: two) }
    expectError("bias-gradient", "bias-gradient") {
      var short = two
      try biasGradient(six.span, layout, biasGradient: short.mutableSpan, context: context)
    }
    expectError("bias-gradient", "output-gradient") {
      try biasGradient(two.span, layout, biasGradient: row.mutableSpan, context: context)
    }
    expectError("gradient-sum", "residual") {
      try sumOfGradients(six.span, layout, adding: two.span, output: out.mutableSpan, context: context)
    }
    #expect(out.allSatisfy { $0 == 7 } && row.allSatisfy { $0 == 7 })
  }

  @Test func gradientsOfGatedActivationsThatDoNotFit() throws {
    let (layout, wrong) = (MatrixLayout(rows: 2, columns: 3), MatrixLayout(rows: 3, columns: 2))
    let (six, two) = ([Float](repeating: 1, count: 6), [Float](repeating: 1, count: 2))
    var (out, second) = ([Float](repeating: 7, count: 6), [Float](repeating: 7, count: 6))
    func plan(
      _ activation: Activation, gate: MatrixLayout? = nil, up: MatrixLayout? = nil, ofGate: MatrixLayout? = nil,
      ofUp: MatrixLayout? = nil
    ) throws -> GatedActivationGradientPlan {
      try GatedActivationGradientPlan(
        activation, outputGradient: layout, gate: gate, up: up, gateGradient: ofGate, upGradient: ofUp,
        context: context)
    }
    expectError("reglu-gradient", "gate") { _ = try plan(.relu, gate: wrong) }
    expectError("geglu-gradient", "up") { _ = try plan(.gelu, up: wrong) }
    expectError("geglu-tanh-gradient", "gate-gradient") {
      _ = try plan(.geluTanh, ofGate: MatrixLayout(rows: 2, columns: 3, rowStride: 2))
    }
    expectError("swiglu-gradient", "up-gradient") { _ = try plan(.silu, ofUp: wrong) }
    func run(_ gradient: [Float], gate: [Float], up: [Float]) throws {
      try gatedActivationGradient(
        .silu, gradient.span, layout, gate: gate.span, up: up.span, gateGradient: out.mutableSpan,
        upGradient: second.mutableSpan, context: context)
    }
    expectError("swiglu-gradient", "output-gradient") { try run(two, gate: six, up: six) }
    expectError("swiglu-gradient", "gate") { try run(six, gate: two, up: six) }
    expectError("swiglu-gradient", "up") { try run(six, gate: six, up: two) }
    expectError("swiglu-gradient", "up-gradient") {
      var short = two
      try gatedActivationGradient(
        .silu, six.span, layout, gate: six.span, up: six.span, gateGradient: out.mutableSpan,
        upGradient: short.mutableSpan, context: context)
    }
    // In place each gradient has the layout of what it takes the place of, and gate and up are not the same.
    expectError("swiglu-gradient", "gate-gradient") {
      try plan(.silu, ofGate: MatrixLayout(rows: 2, columns: 3, rowStride: -3, offset: 3))
        .run(six.span, inPlace: out.mutableSpan, up: second.mutableSpan)
    }
    expectError("swiglu-gradient", "gate-gradient") { try plan(.silu).run(six.span, inPlaceOfBoth: out.mutableSpan) }
    #expect(out.allSatisfy { $0 == 7 } && second.allSatisfy { $0 == 7 })
  }

  @Test func gradientOfEmbeddingRowsThatDoesNotFit() throws {
    let layout = MatrixLayout(rows: 2, columns: 3)
    let six = [Float](repeating: 1, count: 6)
    var table = [Float](repeating: 7, count: 12)
    let name = "embedding-rows-gradient"
    func run(_ ids: [Int32], _ gradient: [Float], vocabulary: Int = 4, accumulates: Bool = false) throws {
      try embeddingRowsGradient(
        ids: ids.span, gradient.span, layout, tableGradient: table.mutableSpan, vocabulary: vocabulary,
        accumulates: accumulates, context: context)
    }
    for accumulates in [false, true] {
      for id in [-1, 4, .max, .min] as [Int32] {
        expectError(name, "ids") { try run([0, id], six, accumulates: accumulates) }
      }
      expectError(name, "ids") { try run([0], six, accumulates: accumulates) }
      expectError(name, "output-gradient") { try run([0, 1], Array(six.dropLast()), accumulates: accumulates) }
      expectError(name, "table-gradient") { try run([0, 1], six, vocabulary: 5, accumulates: accumulates) }
      expectError(name, "table-gradient") { try run([0, 1], six, vocabulary: -1, accumulates: accumulates) }
    }
    expectError(name, "ids") { try run([0, 0], six, vocabulary: 0) }
    for wrong in [MatrixLayout(rows: 4, columns: 2), MatrixLayout(rows: 4, columns: 3, rowStride: 2)] {
      expectError(name, "table-gradient") {
        _ = try EmbeddingRowsGradientPlan(outputGradient: layout, tableGradient: wrong, context: context)
      }
    }
    #expect(table.allSatisfy { $0 == 7 })
    // A gradient in the table's own memory.
    let memory = try AlignedBuffer<Float>(repeating: 7, count: 12)
    let whole = UnsafeBufferPointer(memory.elements)
    let elements = memory.elements
    let plan = try EmbeddingRowsGradientPlan(
      outputGradient: layout, tableGradient: MatrixLayout(rows: 4, columns: 3), context: context)
    let ids: [Int32] = [0, 1]
    expectError(name, "table-gradient") {
      try plan.run(ids: ids.span, outputGradient: whole.span, tableGradient: elements.mutableSpan)
    }
    #expect(memory.elements.allSatisfy { $0 == 7 })
  }

  @Test func gradientOfStoredScoresThatDoesNotFit() throws {
    let (layout, six) = (MatrixLayout(rows: 2, columns: 3), [Float](repeating: 1, count: 6))
    let name = "scaled-masked-softmax-dropout-gradient"
    var short = [Float](repeating: 7, count: 5)
    let kept = try ScaledMaskedSoftmaxDropoutSavedTensors(rows: 2, columns: 3)
    func plan(planes: Int = 1, scale: Float = 1, output: MatrixLayout? = nil) throws
      -> ScaledMaskedSoftmaxDropoutGradientPlan
    {
      try ScaledMaskedSoftmaxDropoutGradientPlan(
        planes: planes, outputGradient: layout, inputGradient: output, scale: scale, dropout: nil, context: context)
    }
    expectError(name, "planes") { _ = try plan(planes: 3) }
    expectError(name, "scale") { _ = try plan(scale: .nan) }
    expectError(name, "input-gradient") { _ = try plan(output: MatrixLayout(rows: 2, columns: 3, rowStride: 2)) }
    expectError(name, "input-gradient") { try plan().run(six.span, kept: kept, inputGradient: short.mutableSpan) }
    #expect(short.allSatisfy { $0 == 7 })
  }
}

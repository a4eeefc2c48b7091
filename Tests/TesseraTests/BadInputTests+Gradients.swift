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

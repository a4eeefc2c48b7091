import Tessera
import Testing

/// What does not fit products with something on their results.
extension BadInputTests {
  private static let input = MatrixLayout(rows: 2, columns: 8)
  private static let weight = MatrixLayout(rows: 3, columns: 8)
  private static let values = [Float](repeating: 1, count: 24)
  private static let short = [Float](repeating: 1, count: 2)

  @Test func productsWithStagesThatDoNotFit() throws {
    let (one, short, input, weight) = (Self.values, Self.short, Self.input, Self.weight)
    var out = [Float](repeating: 7, count: 6)
    let name = "linear-bias-activation-dropout"
    func plan(_ activation: Activation = .relu, packed: Bool = false) throws -> LinearBiasActivationDropoutPlan {
      try LinearBiasActivationDropoutPlan(
        activation, input: input, weight: weight, isPacked: packed, dropout: nil, mode: .training, context: context)
    }
    expectError(name, "weight") {
      _ = try LinearBiasActivationDropoutPlan(
        .relu, input: input, weight: MatrixLayout(rows: 3, columns: 7), dropout: nil, mode: .training, context: context)
    }
    expectError(name, "output") {
      _ = try LinearBiasActivationDropoutPlan(
        .relu, input: input, weight: weight, output: MatrixLayout(rows: 3, columns: 2), dropout: nil, mode: .training,
        context: context)
    }
    expectError(name, "input") { try plan().run(short.span, weight: one.span, bias: one.span, output: out.mutableSpan) }
    expectError(name, "weight") {
      try plan().run(one.span, weight: short.span, bias: one.span, output: out.mutableSpan)
    }
    expectError(name, "bias") { try plan().run(one.span, weight: one.span, bias: short.span, output: out.mutableSpan) }
    expectError(name, "weight") {
      try plan(packed: true).run(one.span, weight: one.span, bias: one.span, output: out.mutableSpan)
    }
    expectError(name, "activation-input") {
      try plan(.gelu).run(one.span, weight: one.span, bias: one.span, output: out.mutableSpan)
    }
    expectError(name, "activation-input") {
      try plan(.gelu).run(
        one.span, weight: one.span, bias: one.span, output: out.mutableSpan,
        keeping: AlignedBuffer(uninitializedCount: 5))
    }
    // Nothing to keep is still kept somewhere.
    expectError(name, "activation-input") {
      try LinearBiasActivationDropoutPlan(
        .silu, input: MatrixLayout(rows: 0, columns: 8), weight: weight, dropout: nil, mode: .training, context: context
      ).run(one.span, weight: one.span, bias: one.span, output: out.mutableSpan)
    }
    expectError("linear-bias-dropout-residual", "residual") {
      try LinearBiasDropoutResidualPlan(input: input, weight: weight, dropout: nil, mode: .training, context: context)
        .run(one.span, weight: one.span, bias: one.span, residual: short.span, output: out.mutableSpan)
    }
    expectError("linear-residual", "output") {
      var few = short
      try LinearResidualPlan(input: input, weight: weight, context: context)
        .run(one.span, weight: one.span, residual: one.span, output: few.mutableSpan)
    }
    #expect(out.allSatisfy { $0 == 7 })
  }

  @Test func productsWithNormsThatDoNotFit() throws {
    let (one, input, weight) = (Self.values, Self.input, Self.weight)
    var (out, sum) = ([Float](repeating: 7, count: 6), [Float](repeating: 7, count: 6))
    let name = "linear-bias-dropout-residual-rms-norm"
    func plan(
      sum: MatrixLayout? = nil, hasBias: Bool = true, epsilon: Float = 1e-5, mode: ExecutionMode = .inference
    ) throws -> LinearBiasDropoutResidualRMSNormPlan {
      try LinearBiasDropoutResidualRMSNormPlan(
        input: input, weight: weight, returnedSum: sum, hasBias: hasBias, dropout: nil, epsilon: epsilon, mode: mode,
        context: context)
    }
    expectError(name, "epsilon") { _ = try plan(epsilon: -1) }
    expectError(name, "sum") { _ = try plan(sum: MatrixLayout(rows: 2, columns: 3), mode: .training) }
    expectError(name, "sum") { _ = try plan(sum: MatrixLayout(rows: 3, columns: 2)) }
    expectError(name, "keeping") {
      try plan(mode: .training).run(
        one.span, weight: one.span, bias: one.span, residual: one.span, normWeight: one.span, output: out.mutableSpan)
    }
    expectError(name, "sum") {
      try plan().run(
        one.span, weight: one.span, bias: one.span, addingTo: sum.mutableSpan, normWeight: one.span,
        output: out.mutableSpan)
    }
    expectError(name, "bias") {
      try plan(hasBias: false).run(
        one.span, weight: one.span, bias: one.span, residual: one.span, normWeight: one.span, output: out.mutableSpan)
    }
    expectError(name, "norm-weight") {
      try plan().run(
        one.span, weight: one.span, bias: one.span, residual: one.span, normWeight: Self.short.span,
        output: out.mutableSpan)
    }
    expectError("linear-bias-dropout-residual-layer-norm", "norm-shift") {
      try LinearBiasDropoutResidualLayerNormPlan(
        input: input, weight: weight, dropout: nil, mode: .inference, context: context
      ).run(
        one.span, weight: one.span, bias: one.span, residual: one.span, normWeight: one.span,
        normShift: Self.short.span, output: out.mutableSpan)
    }
    #expect(out.allSatisfy { $0 == 7 } && sum.allSatisfy { $0 == 7 })
  }

  @Test func pairsOfProductsThatDoNotFit() throws {
    let (one, short, input, weight) = (Self.values, Self.short, Self.input, Self.weight)
    var out = [Float](repeating: 7, count: 6)
    let name = "linear-gated-activation"
    func plan(_ mode: ExecutionMode = .inference) throws -> LinearGatedActivationPlan {
      try LinearGatedActivationPlan(.silu, input: input, weight: weight, mode: mode, context: context)
    }
    expectError(name, "gate-weight") {
      try plan().run(one.span, gateWeight: short.span, upWeight: one.span, output: out.mutableSpan)
    }
    expectError(name, "up-weight") {
      try plan().run(one.span, gateWeight: one.span, upWeight: short.span, output: out.mutableSpan)
    }
    expectError(name, "gate") {
      try plan(.training).run(one.span, gateWeight: one.span, upWeight: one.span, output: out.mutableSpan)
    }
    expectError(name, "gate") {
      try plan(.training).run(
        one.span, gateWeight: one.span, upWeight: one.span, output: out.mutableSpan,
        keeping: .init(rows: 1, columns: 3))
    }
    let packed = try PackedWeights(one.span, weight, context: context)
    expectError(name, "gate-weight") {
      try plan().run(one.span, gateWeight: packed, upWeight: packed, output: out.mutableSpan)
    }
    #expect(out.allSatisfy { $0 == 7 })
  }

  @Test func projectionsThatDoNotFit() throws {
    let problem = AttentionInputBiasProblem(batch: 1, length: 2, queryHeads: 1, headDimension: 1)
    let (one, short) = (Self.values, Self.short)
    var (queries, keys, values) = (Self.short, Self.short, Self.short)
    let name = "linear-attention-input-bias"
    expectError(name, "keys") {
      var other = problem
      other.keys.rows = 3
      _ = try LinearAttentionInputBiasPlan(other, input: Self.input, weight: Self.weight, context: context)
    }
    expectError(name, "input") {
      _ = try LinearAttentionInputBiasPlan(
        problem, input: MatrixLayout(rows: 3, columns: 8), weight: Self.weight, context: context)
    }
    expectError(name, "weight") {
      _ = try LinearAttentionInputBiasPlan(
        problem, input: Self.input, weight: MatrixLayout(rows: 4, columns: 8), context: context)
    }
    let plan = try LinearAttentionInputBiasPlan(problem, input: Self.input, weight: Self.weight, context: context)
    expectError(name, "bias") {
      try plan.run(
        one.span, weight: one.span, bias: short.span, queries: queries.mutableSpan, keys: keys.mutableSpan,
        values: values.mutableSpan)
    }
    expectError(name, "keys") {
      var few: [Float] = [1]
      try plan.run(
        one.span, weight: one.span, bias: one.span, queries: queries.mutableSpan, keys: few.mutableSpan,
        values: values.mutableSpan)
    }
    #expect(queries == short && values == short)
  }

  /// Memory that reaches a call through unsafe buffers.
  @Test func productsOverTheirOperandsAreRefused() throws {
    let memory = try AlignedBuffer<Float>(repeating: 1, count: 24)
    let other = try AlignedBuffer<Float>(repeating: 1, count: 24)
    let plan = try LinearResidualPlan(input: Self.input, weight: Self.weight, context: context)
    let (shared, apart) = (memory.elements, other.elements)
    expectError("linear-residual", "output") {
      try plan.run(shared.span, weight: apart.span, residual: apart.span, output: shared.mutableSpan)
    }
    expectError("linear-residual", "output") {
      try plan.run(apart.span, weight: shared.span, residual: apart.span, output: shared.mutableSpan)
    }
    #expect(memory.elements.allSatisfy { $0 == 1 })
    // The residual's place is the output's, if all of it is.
    try plan.run(apart.span, weight: apart.span, residual: shared.span, output: shared.mutableSpan)
    #expect(memory.elements.prefix(6).allSatisfy { $0 == 9 })
  }
}

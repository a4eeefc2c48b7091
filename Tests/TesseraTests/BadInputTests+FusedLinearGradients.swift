import Tessera
import Testing

/// What does not fit the gradients of a linear map's input with something on them.
extension BadInputTests {
  private static let outputGradient = MatrixLayout(rows: 2, columns: 3)
  private static let weight = MatrixLayout(rows: 3, columns: 8)
  private static let values = [Float](repeating: 1, count: 24)
  private static let short = [Float](repeating: 1, count: 2)

  private func saved(_ activation: Activation) throws -> BiasActivationDropoutSavedTensors {
    try BiasActivationDropoutPlan(
      activation, input: MatrixLayout(rows: 2, columns: 8), dropout: nil, mode: .training, context: context
    ).savedTensors
  }

  @Test func inputGradientsWithActivationsThatDoNotFit() throws {
    let (one, short, outputGradient, weight) = (Self.values, Self.short, Self.outputGradient, Self.weight)
    var out = [Float](repeating: 7, count: 16)
    let name = "linear-input-gradient-activation-dropout"
    let (relu, gelu) = (try saved(.relu), try saved(.gelu))
    func plan(
      _ saved: BiasActivationDropoutSavedTensors, weight: MatrixLayout, packed: Bool = false,
      needed: MatrixLayout? = nil, result: MatrixLayout? = nil
    ) throws -> LinearInputGradientActivationDropoutPlan {
      try LinearInputGradientActivationDropoutPlan(
        saved, outputGradient: outputGradient, weight: weight, isPacked: packed, neededTensor: needed,
        inputGradient: result, context: context)
    }
    expectError(name, "weight") { _ = try plan(relu, weight: MatrixLayout(rows: 4, columns: 8)) }
    expectError(name, "activation-output") {
      _ = try plan(relu, weight: weight, needed: MatrixLayout(rows: 2, columns: 7))
    }
    expectError(name, "activation-input") {
      _ = try plan(gelu, weight: weight, needed: MatrixLayout(rows: 3, columns: 8))
    }
    expectError(name, "input-gradient") {
      _ = try plan(relu, weight: weight, result: MatrixLayout(rows: 2, columns: 8, rowStride: 7))
    }
    let ofReLU = try plan(relu, weight: weight)
    let ofGELU = try plan(gelu, weight: weight)
    expectError(name, "output-gradient") {
      try ofReLU.run(short.span, weight: one.span, neededTensor: one.span, inputGradient: out.mutableSpan)
    }
    expectError(name, "weight") {
      try ofReLU.run(one.span, weight: short.span, neededTensor: one.span, inputGradient: out.mutableSpan)
    }
    expectError(name, "activation-output") {
      try ofReLU.run(one.span, weight: one.span, neededTensor: short.span, inputGradient: out.mutableSpan)
    }
    expectError(name, "bias") {
      try ofReLU.run(
        one.span, weight: one.span, neededTensor: one.span, bias: one.span, inputGradient: out.mutableSpan)
    }
    expectError(name, "bias") {
      try ofGELU.run(one.span, weight: one.span, neededTensor: one.span, inputGradient: out.mutableSpan)
    }
    expectError(name, "bias") {
      try ofGELU.run(
        one.span, weight: one.span, neededTensor: one.span, bias: short.span, inputGradient: out.mutableSpan)
    }
    expectError(name, "input-gradient") {
      var few = short
      try ofReLU.run(one.span, weight: one.span, neededTensor: one.span, inputGradient: few.mutableSpan)
    }
    let ofPacked = try plan(relu, weight: weight, packed: true)
    expectError(name, "weight") {
      try ofPacked.run(one.span, weight: one.span, neededTensor: one.span, inputGradient: out.mutableSpan)
    }
    let ofMap = try PackedWeights(one.span, weight, context: context)
    expectError(name, "weight") {
      try ofPacked.run(one.span, weight: ofMap, neededTensor: one.span, inputGradient: out.mutableSpan)
    }
    #expect(out.allSatisfy { $0 == 7 })
    try ofReLU.run(one.span, weight: one.span, neededTensor: one.span, inputGradient: out.mutableSpan)
    #expect(out.allSatisfy { $0 == 3 })
  }

  @Test func inputGradientsWithGatesThatDoNotFit() throws {
    let (one, short, outputGradient, weight) = (Self.values, Self.short, Self.outputGradient, Self.weight)
    let name = "linear-input-gradient-gated-activation"
    for (operand, gate, up) in [
      ("gate", MatrixLayout(rows: 2, columns: 7), nil), ("up", nil, MatrixLayout(rows: 3, columns: 8)),
    ] as [(String, MatrixLayout?, MatrixLayout?)] {
      expectError(name, operand) {
        _ = try LinearInputGradientGatedActivationPlan(
          .silu, outputGradient: outputGradient, weight: weight, gate: gate, up: up, context: context)
      }
    }
    let plan = try LinearInputGradientGatedActivationPlan(
      .silu, outputGradient: outputGradient, weight: weight, context: context)
    var (first, second) = ([Float](repeating: 7, count: 16), [Float](repeating: 7, count: 16))
    expectError(name, "output-gradient") {
      try plan.run(
        short.span, weight: one.span, gate: one.span, up: one.span, gateGradient: first.mutableSpan,
        upGradient: second.mutableSpan)
    }
    expectError(name, "gate") {
      try plan.run(
        one.span, weight: one.span, gate: short.span, up: one.span, gateGradient: first.mutableSpan,
        upGradient: second.mutableSpan)
    }
    expectError(name, "up") {
      try plan.run(
        one.span, weight: one.span, gate: one.span, up: short.span, gateGradient: first.mutableSpan,
        upGradient: second.mutableSpan)
    }
    expectError(name, "up-gradient") {
      var few = short
      try plan.run(
        one.span, weight: one.span, gate: one.span, up: one.span, gateGradient: first.mutableSpan,
        upGradient: few.mutableSpan)
    }
    // Both gradients in one place.
    expectError(name, "gate-gradient") { try plan.run(one.span, weight: one.span, inPlaceOfBoth: first.mutableSpan) }
    #expect(first.allSatisfy { $0 == 7 } && second.allSatisfy { $0 == 7 })
  }

  @Test func inputGradientsWithResidualsThatDoNotFit() throws {
    let (one, short, outputGradient, weight) = (Self.values, Self.short, Self.outputGradient, Self.weight)
    var out = [Float](repeating: 7, count: 16)
    let name = "linear-input-gradient-residual"
    expectError(name, "residual") {
      _ = try LinearInputGradientResidualPlan(
        outputGradient: outputGradient, weight: weight, residual: MatrixLayout(rows: 2, columns: 7), context: context)
    }
    expectError(name, "input-gradient") {
      _ = try LinearInputGradientResidualPlan(
        outputGradient: outputGradient, weight: weight, inputGradient: MatrixLayout(rows: 2, columns: 3),
        context: context)
    }
    let plan = try LinearInputGradientResidualPlan(outputGradient: outputGradient, weight: weight, context: context)
    expectError(name, "output-gradient") {
      try plan.run(short.span, weight: one.span, residual: one.span, inputGradient: out.mutableSpan)
    }
    expectError(name, "residual") {
      try plan.run(one.span, weight: one.span, residual: short.span, inputGradient: out.mutableSpan)
    }
    expectError(name, "input-gradient") {
      var few = short
      try plan.run(one.span, weight: one.span, residual: one.span, inputGradient: few.mutableSpan)
    }
    #expect(out.allSatisfy { $0 == 7 })
    // Over its operands; the residual's place is the result's, if all of it is.
    let memory = try AlignedBuffer<Float>(repeating: 1, count: 24)
    let other = try AlignedBuffer<Float>(repeating: 1, count: 24)
    let (shared, apart) = (memory.elements, other.elements)
    expectError(name, "input-gradient") {
      try plan.run(apart.span, weight: shared.span, residual: apart.span, inputGradient: shared.mutableSpan)
    }
    let late = UnsafeMutableBufferPointer(rebasing: shared[1...])
    expectError(name, "input-gradient") {
      try plan.run(apart.span, weight: apart.span, residual: shared.span, inputGradient: late.mutableSpan)
    }
    #expect(memory.elements.allSatisfy { $0 == 1 })
    try plan.run(apart.span, weight: apart.span, residual: shared.span, inputGradient: shared.mutableSpan)
    #expect(memory.elements.prefix(16).allSatisfy { $0 == 4 })
  }
}

import Tessera
import Testing

/// What does not fit the gradients of a linear map.
extension BadInputTests {
  private static let outputGradient = MatrixLayout(rows: 2, columns: 3)
  private static let input = MatrixLayout(rows: 2, columns: 8)
  private static let weight = MatrixLayout(rows: 3, columns: 8)
  private static let values = [Float](repeating: 1, count: 24)
  private static let short = [Float](repeating: 1, count: 2)

  @Test func inputGradientsThatDoNotFit() throws {
    let (one, short, outputGradient, weight) = (Self.values, Self.short, Self.outputGradient, Self.weight)
    var out = [Float](repeating: 7, count: 16)
    let name = "linear-input-gradient"
    let plan = try LinearInputGradientPlan(outputGradient: outputGradient, weight: weight, context: context)
    expectError(name, "weight") {
      _ = try LinearInputGradientPlan(
        outputGradient: outputGradient, weight: MatrixLayout(rows: 4, columns: 8), context: context)
    }
    expectError(name, "input-gradient") {
      _ = try LinearInputGradientPlan(
        outputGradient: outputGradient, weight: weight, inputGradient: MatrixLayout(rows: 2, columns: 3),
        context: context)
    }
    expectError(name, "input-gradient") {
      _ = try LinearInputGradientPlan(
        outputGradient: outputGradient, weight: weight,
        inputGradient: MatrixLayout(rows: 2, columns: 8, rowStride: 7), context: context)
    }
    expectError(name, "output-gradient") {
      try plan.run(short.span, weight: one.span, inputGradient: out.mutableSpan)
    }
    expectError(name, "weight") { try plan.run(one.span, weight: short.span, inputGradient: out.mutableSpan) }
    expectError(name, "input-gradient") {
      var few = short
      try plan.run(one.span, weight: one.span, inputGradient: few.mutableSpan)
    }
    #expect(out.allSatisfy { $0 == 7 })
    try plan.run(one.span, weight: one.span, inputGradient: out.mutableSpan)
    #expect(out.allSatisfy { $0 == 3 })
  }

  /// Square weights, where only the order of the panels tells the map's from the gradient's.
  @Test func weightsArePackedForOneProductOnly() throws {
    let square = MatrixLayout(rows: 8, columns: 8)
    let values = [Float](repeating: 1, count: 64)
    var out = [Float](repeating: 7, count: 64)
    let ofMap = try PackedWeights(values.span, square, context: context)
    let ofGradient = try PackedWeights(values.span, square, forInputGradient: true, context: context)
    let map = try LinearPlan(input: square, weight: square, isPacked: true, context: context)
    let gradient = try LinearInputGradientPlan(outputGradient: square, weight: square, isPacked: true, context: context)
    expectError("linear", "weight") { try map.run(values.span, weight: ofGradient, output: out.mutableSpan) }
    expectError("linear-input-gradient", "weight") {
      try gradient.run(values.span, weight: ofMap, inputGradient: out.mutableSpan)
    }
    expectError("linear-input-gradient", "weight") {
      try gradient.run(values.span, weight: values.span, inputGradient: out.mutableSpan)
    }
    #expect(out.allSatisfy { $0 == 7 })
    try gradient.run(values.span, weight: ofGradient, inputGradient: out.mutableSpan)
    #expect(out.allSatisfy { $0 == 8 })
  }

  @Test func weightGradientsThatDoNotFit() throws {
    let (one, short, outputGradient, input) = (Self.values, Self.short, Self.outputGradient, Self.input)
    var (out, bias) = ([Float](repeating: 7, count: 24), [Float](repeating: 7, count: 3))
    let name = "linear-weight-gradient"
    let plan = try LinearWeightGradientPlan(outputGradient: outputGradient, input: input, context: context)
    let plain = try LinearWeightGradientPlan(
      outputGradient: outputGradient, input: input, hasBias: false, context: context)
    expectError(name, "input") {
      _ = try LinearWeightGradientPlan(
        outputGradient: outputGradient, input: MatrixLayout(rows: 3, columns: 8), context: context)
    }
    expectError(name, "weight-gradient") {
      _ = try LinearWeightGradientPlan(
        outputGradient: outputGradient, input: input, weightGradient: MatrixLayout(rows: 8, columns: 3),
        context: context)
    }
    expectError(name, "output-gradient") {
      try plan.run(short.span, input: one.span, weightGradient: out.mutableSpan, biasGradient: bias.mutableSpan)
    }
    expectError(name, "input") {
      try plan.run(one.span, input: short.span, weightGradient: out.mutableSpan, biasGradient: bias.mutableSpan)
    }
    expectError(name, "weight-gradient") {
      var few = short
      try plan.run(one.span, input: one.span, weightGradient: few.mutableSpan, biasGradient: bias.mutableSpan)
    }
    expectError(name, "bias-gradient") {
      var few = short
      try plan.run(one.span, input: one.span, weightGradient: out.mutableSpan, biasGradient: few.mutableSpan)
    }
    // The plan says whether there is a bias, and the call must agree.
    expectError(name, "bias-gradient") {
      try plan.run(one.span, input: one.span, weightGradient: out.mutableSpan)
    }
    expectError(name, "bias-gradient") {
      try plain.run(one.span, input: one.span, weightGradient: out.mutableSpan, biasGradient: bias.mutableSpan)
    }
    #expect(out.allSatisfy { $0 == 7 } && bias.allSatisfy { $0 == 7 })
    try plan.run(one.span, input: one.span, weightGradient: out.mutableSpan, biasGradient: bias.mutableSpan)
    #expect(out.allSatisfy { $0 == 2 } && bias == [2, 2, 2])
  }

  /// Nothing that is written shares memory with what is read, nor with the other gradient; neighbours do not meet.
  @Test func gradientsApartFromOperands() throws {
    let memory = try AlignedBuffer<Float>(repeating: 1, count: 100)
    let all = memory.elements
    func part(_ first: Int, _ count: Int) -> UnsafeMutableBufferPointer<Float> {
      UnsafeMutableBufferPointer(rebasing: all[first..<first + count])
    }
    let one = Self.values
    let ofInput = try LinearInputGradientPlan(
      outputGradient: Self.outputGradient, weight: Self.weight, context: context)
    let ofWeight = try LinearWeightGradientPlan(
      outputGradient: Self.outputGradient, input: Self.input, context: context)
    let (read, written, few) = (UnsafeBufferPointer(part(0, 24)), part(23, 24), part(30, 3))
    expectError("linear-input-gradient", "input-gradient") {
      try ofInput.run(one.span, weight: read.span, inputGradient: written.mutableSpan)
    }
    expectError("linear-weight-gradient", "weight-gradient") {
      try ofWeight.run(one.span, input: one.span, weightGradient: written.mutableSpan, biasGradient: few.mutableSpan)
    }
    let output = UnsafeBufferPointer(part(28, 6))
    expectError("linear-weight-gradient", "bias-gradient") {
      var own = one
      try ofWeight.run(output.span, input: one.span, weightGradient: own.mutableSpan, biasGradient: few.mutableSpan)
    }
    #expect(all.allSatisfy { $0 == 1 })
    let (apart, behind) = (part(24, 24), part(48, 3))
    try ofWeight.run(
      UnsafeBufferPointer(part(51, 6)).span, input: read.span, weightGradient: apart.mutableSpan,
      biasGradient: behind.mutableSpan)
    #expect(apart.allSatisfy { $0 == 2 } && behind.allSatisfy { $0 == 2 })
  }
}

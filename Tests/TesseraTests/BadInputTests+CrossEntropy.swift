import Tessera
import Testing

/// What does not fit the cross-entropy of a linear map.
extension BadInputTests {
  private static let name = "linear-cross-entropy"
  private static let input = MatrixLayout(rows: 2, columns: 4)
  private static let weight = MatrixLayout(rows: 3, columns: 4)

  @Test func crossEntropyThatCannotBePlanned() throws {
    let (input, weight, name) = (Self.input, Self.weight, Self.name)
    func refuses(
      _ operand: String, weight: MatrixLayout = weight, inputGradient: MatrixLayout? = nil,
      weightGradient: MatrixLayout? = nil, _ change: (inout CrossEntropyOptions) -> Void = { _ in }
    ) {
      var options = CrossEntropyOptions()
      change(&options)
      expectError(name, operand) {
        _ = try LinearCrossEntropyPlan(
          input: input, weight: weight, inputGradient: inputGradient, weightGradient: weightGradient,
          options: options, context: context)
      }
    }
    refuses("weight", weight: MatrixLayout(rows: 3, columns: 5))
    refuses("input-gradient", inputGradient: MatrixLayout(rows: 2, columns: 4, rowStride: 3))
    refuses("weight-gradient", weightGradient: MatrixLayout(rows: 4, columns: 3))
    for wrong in [-0.1, 1.5, Float.nan] { refuses("label smoothing") { $0.labelSmoothing = wrong } }
    for wrong in [Float.nan, .infinity] { refuses("scale") { $0.scale = wrong } }
    refuses("rows per chunk") { $0.rowsPerChunk = 0 }
  }

  @Test func crossEntropyOfOtherOperands() throws {
    let name = Self.name
    let (one, short) = ([Float](repeating: 1, count: 12), [Float](repeating: 1, count: 1))
    let targets: [Int32] = [0, 2]
    var (losses, dX, dW) = (
      [Float](repeating: 7, count: 2), [Float](repeating: 7, count: 8), [Float](repeating: 7, count: 12)
    )
    let plan = try LinearCrossEntropyPlan(input: Self.input, weight: Self.weight, context: context)
    func refuses(_ operand: String, input: [Float]? = nil, weight: [Float]? = nil, targets wrong: [Int32]? = nil) {
      let (input, weight, targets) = (input ?? one, weight ?? one, wrong ?? targets)
      expectError(name, operand) {
        _ = try plan.run(
          input.span, weight: weight.span, targets: targets.span, losses: losses.mutableSpan,
          inputGradient: dX.mutableSpan, weightGradient: dW.mutableSpan)
      }
    }
    refuses("input", input: short)
    refuses("weight", weight: short)
    refuses("targets", targets: [0])
    for wrong: Int32 in [-1, 3, .max, .min, -99] { refuses("targets", targets: [0, wrong]) }
    expectError(name, "losses") {
      var few = short
      _ = try plan.run(
        one.span, weight: one.span, targets: targets.span, losses: few.mutableSpan, inputGradient: dX.mutableSpan,
        weightGradient: dW.mutableSpan)
    }
    expectError(name, "weight-gradient") {
      var few = short
      _ = try plan.run(
        one.span, weight: one.span, targets: targets.span, losses: losses.mutableSpan, inputGradient: dX.mutableSpan,
        weightGradient: few.mutableSpan)
    }
    // A plan says whether there are gradients.
    expectError(name, "input-gradient") {
      _ = try plan.run(one.span, weight: one.span, targets: targets.span, losses: losses.mutableSpan)
    }
    let plain = try LinearCrossEntropyPlan(
      input: Self.input, weight: Self.weight, mode: .inference, context: context)
    expectError(name, "input-gradient") {
      _ = try plain.run(
        one.span, weight: one.span, targets: targets.span, losses: losses.mutableSpan, inputGradient: dX.mutableSpan,
        weightGradient: dW.mutableSpan)
    }
    #expect((losses + dX + dW).allSatisfy { $0 == 7 })
    // The ignored target may be anything.
    let ignored: [Int32] = [-100, 1]
    let loss = try plan.run(
      one.span, weight: one.span, targets: ignored.span, losses: losses.mutableSpan, inputGradient: dX.mutableSpan,
      weightGradient: dW.mutableSpan)
    #expect(abs(loss - 1.098_612_3) < 1e-6 && losses[0] == 0)
  }
}

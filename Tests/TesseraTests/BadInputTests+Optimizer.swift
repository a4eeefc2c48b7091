import Tessera
import Testing

/// What does not fit a training step's last operators.
extension BadInputTests {
  @Test func stepsThatCannotBeTaken() throws {
    let layout = MatrixLayout(rows: 2, columns: 3)
    let (gradients, short) = ([Float](repeating: 1, count: 6), [Float](repeating: 1, count: 5))
    var (parameters, first, second) = (
      [Float](repeating: 7, count: 6), [Float](repeating: 7, count: 6), [Float](repeating: 7, count: 6)
    )
    let plan = try AdamWPlan(parameters: layout, context: context)
    func refuses(_ operand: String, _ change: (inout AdamWOptions) -> Void) {
      var options = AdamWOptions()
      change(&options)
      expectError("adamw", operand) {
        try plan.run(
          options, parameters: parameters.mutableSpan, gradients: gradients.span, firstMoments: first.mutableSpan,
          secondMoments: second.mutableSpan)
      }
    }
    for wrong in [-1, .nan, .infinity] {
      refuses("learning rate") { $0.learningRate = wrong }
      refuses("epsilon") { $0.epsilon = wrong }
      refuses("weight decay") { $0.weightDecay = wrong }
    }
    for wrong in [-0.1, 1, .nan] {
      refuses("first decay") { $0.firstDecay = wrong }
      refuses("second decay") { $0.secondDecay = wrong }
    }
    // Beyond floats.
    refuses("learning rate") { $0.learningRate = 1e39 }
    refuses("epsilon") { $0.epsilon = 1e-46 }
    refuses("weight decay") { ($0.learningRate, $0.weightDecay) = (1e20, 1e20) }
    refuses("step") { $0.step = 0 }
    for wrong in [Float.nan, .infinity] { refuses("gradient scale") { $0.gradientScale = wrong } }
    expectError("adamw", "gradients") {
      try plan.run(
        AdamWOptions(), parameters: parameters.mutableSpan, gradients: short.span, firstMoments: first.mutableSpan,
        secondMoments: second.mutableSpan)
    }
    expectError("adamw", "second-moments") {
      var few = short
      try plan.run(
        AdamWOptions(), parameters: parameters.mutableSpan, gradients: gradients.span,
        firstMoments: first.mutableSpan, secondMoments: few.mutableSpan)
    }
    expectError("adamw", "gradients") {
      _ = try AdamWPlan(parameters: layout, gradients: MatrixLayout(rows: 3, columns: 2), context: context)
    }
    expectError("adamw", "parameters") {
      _ = try AdamWPlan(parameters: MatrixLayout(rows: 2, columns: 3, rowStride: 2), context: context)
    }
    #expect((parameters + first + second).allSatisfy { $0 == 7 })
  }

  @Test func gradientsThatCannotBeAdded() throws {
    var norm = GradientNorm()
    let short = [Float](repeating: 1, count: 5)
    expectError("sum-of-squares", "input") {
      try norm.add(short.span, MatrixLayout(rows: 2, columns: 3), context: context)
    }
    expectError("sum-of-squares", "input") {
      _ = try SumOfSquaresPlan(input: MatrixLayout(rows: -1, columns: 3), context: context)
    }
    #expect(norm.sumOfSquares == 0)
  }

  @Test func momentsApartFromParameters() throws {
    let memory = try AlignedBuffer<Float>(repeating: 1, count: 100)
    let layout = MatrixLayout(rows: 1, columns: 24)
    func part(_ first: Int) -> UnsafeMutableBufferPointer<Float> {
      UnsafeMutableBufferPointer(rebasing: memory.elements[first..<first + 24])
    }
    let plan = try AdamWPlan(parameters: layout, context: context)
    let (parameters, first, second, shifted) = (part(0), part(24), part(48), part(23))
    let gradients = UnsafeBufferPointer(part(72))
    expectError("adamw", "parameters") {
      try plan.run(
        AdamWOptions(), parameters: parameters.mutableSpan, gradients: gradients.span,
        firstMoments: shifted.mutableSpan, secondMoments: second.mutableSpan)
    }
    expectError("adamw", "parameters") {
      try plan.run(
        AdamWOptions(), parameters: parameters.mutableSpan, gradients: UnsafeBufferPointer(parameters).span,
        firstMoments: first.mutableSpan, secondMoments: second.mutableSpan)
    }
    #expect(memory.elements.allSatisfy { $0 == 1 })
    try plan.run(
      AdamWOptions(), parameters: parameters.mutableSpan, gradients: gradients.span, firstMoments: first.mutableSpan,
      secondMoments: second.mutableSpan)
    #expect(parameters.allSatisfy { $0 < 1 })
  }
}

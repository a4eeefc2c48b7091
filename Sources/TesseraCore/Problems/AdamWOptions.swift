/// One step of AdamW: how parameters follow their gradients. Factors are taken in double precision and rounded to float
/// once, so that small differences from 1 lose nothing.
public struct AdamWOptions: Hashable, Sendable {
  /// What a step is multiplied by; 0 changes no parameter, and the moments all the same.
  public var learningRate: Double
  /// How much of the first moment, the mean of gradients, stays (β₁): 0 or more, below 1.
  public var firstDecay: Double
  /// How much of the second moment, the mean of their squares, stays (β₂): 0 or more, below 1.
  public var secondDecay: Double
  /// What is added to the root of the second moment.
  public var epsilon: Double
  /// What of a parameter is taken away, times the learning rate, whatever its gradient.
  public var weightDecay: Double
  /// The number of the step, from 1 on: moments that began with 0 are corrected by it.
  public var step: Int
  /// What gradients are multiplied by as they are read, as `GradientNorm` has it where they are clipped.
  public var gradientScale: Float

  public init(
    learningRate: Double = 1e-3, firstDecay: Double = 0.9, secondDecay: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0.01, step: Int = 1, gradientScale: Float = 1
  ) {
    (self.learningRate, self.firstDecay, self.secondDecay) = (learningRate, firstDecay, secondDecay)
    (self.epsilon, self.weightDecay) = (epsilon, weightDecay)
    (self.step, self.gradientScale) = (step, gradientScale)
  }

  /// Throws for numbers that no step can be made with. A gradient scale that is not finite is one of gradients that are
  /// not: nothing would be left of the parameters.
  package func check() throws(TesseraError) {
    func check(_ fits: Bool, _ operand: String, _ expected: String, _ actual: some Any) throws(TesseraError) {
      guard fits else {
        throw .invalidOperand(operation: "adamw", operand: operand, expected: expected, actual: "\(actual)")
      }
    }
    // Kernels take floats.
    let (finite, below1) = ("a finite number, 0 or more", "0 or more and below 1")
    try check(learningRate >= 0 && Float(learningRate).isFinite, "learning rate", finite, learningRate)
    try check((0..<1).contains(firstDecay), "first decay", below1, firstDecay)
    try check((0..<1).contains(secondDecay), "second decay", below1, secondDecay)
    try check(epsilon == 0 || epsilon > 0 && Float(epsilon) > 0 && Float(epsilon).isFinite, "epsilon", finite, epsilon)
    try check(weightDecay >= 0 && weightDecay.isFinite, "weight decay", finite, weightDecay)
    let product = learningRate * weightDecay
    try check(Float(product).isFinite, "weight decay", "a finite product with the learning rate", weightDecay)
    try check(step >= 1, "step", "1 or more", step)
    try check(gradientScale.isFinite, "gradient scale", "a finite number", gradientScale)
  }
}

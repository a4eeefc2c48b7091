#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Tessera

/// How a decoder is trained.
public struct TrainingOptions: Hashable, Sendable {
  /// Steps of the whole training, which the learning rate's course follows.
  public var steps = 1000
  /// Sequences of a step, and tokens of each.
  public var sequences = 8
  public var length = 256
  /// The highest learning rate, which is reached after the warm-up, and the lowest, at the end.
  public var learningRate = 1e-3
  public var leastLearningRate = 1e-4
  public var warmUpSteps = 50
  public var firstDecay = 0.9
  public var secondDecay = 0.95
  public var epsilon = 1e-8
  /// Of matrices; norms do not decay.
  public var weightDecay = 0.1
  /// The largest norm of all gradients together, to which longer ones are scaled.
  public var largestNorm = 1.0
  /// Settles first values and the order of batches.
  public var seed: UInt64 = 1

  public init() {}

  /// Of a step from 0 on: rises evenly over the warm-up, then falls along half a cosine.
  /// Loshchilov, Hutter, "SGDR" (ICLR 2017), section 3, without restarts.
  public func learningRate(ofStep step: Int) -> Double {
    if step < warmUpSteps { return learningRate * Double(step + 1) / Double(warmUpSteps) }
    let passed = min(1, Double(step - warmUpSteps) / Double(max(1, steps - warmUpSteps)))
    return leastLearningRate + (learningRate - leastLearningRate) * (1 + cos(.pi * passed)) / 2
  }

  /// Throws for numbers that no training can have.
  public func check() throws(TesseraError) {
    for (operand, value, least) in [
      ("steps", steps, 1), ("sequences", sequences, 1), ("length", length, 1), ("warm-up steps", warmUpSteps, 0),
    ] where !(least...1 << 30).contains(value) {
      throw Self.invalid(operand, expected: "\(least) to \(1 << 30)", actual: "\(value)")
    }
    for (operand, value) in [
      ("learning rate", learningRate), ("least learning rate", leastLearningRate), ("weight decay", weightDecay),
    ] where !(value >= 0 && value.isFinite) {
      throw Self.invalid(operand, expected: "a finite number, 0 or more", actual: value.spelled)
    }
    guard largestNorm > 0 else {
      throw Self.invalid("largest norm", expected: "a number above 0", actual: largestNorm.spelled)
    }
  }

  /// Each option by its own name, as a checkpoint has them.
  var texts: [String: String] {
    [
      "training.steps": "\(steps)", "training.sequences": "\(sequences)", "training.length": "\(length)",
      "training.learning_rate": "\(learningRate)", "training.least_learning_rate": "\(leastLearningRate)",
      "training.warm_up_steps": "\(warmUpSteps)", "training.first_decay": "\(firstDecay)",
      "training.second_decay": "\(secondDecay)", "training.epsilon": "\(epsilon)",
      "training.weight_decay": "\(weightDecay)", "training.largest_norm": "\(largestNorm)", "training.seed": "\(seed)",
    ]
  }

  static func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: "training", operand: operand, expected: expected, actual: actual)
  }
}

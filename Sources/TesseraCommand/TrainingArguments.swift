import ArgumentParser
import Tessera
import TesseraModels

/// How `tessera train` trains.
struct TrainingArguments: ParsableArguments {
  private static let usual = TrainingOptions()

  @Option(parsing: .unconditional, help: ArgumentHelp("Steps of the whole training.", valueName: "count"))
  var steps: Int = Self.usual.steps
  @Option(parsing: .unconditional, help: ArgumentHelp("Sequences of a step.", valueName: "count"))
  var batch: Int = Self.usual.sequences
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Tokens of a sequence, and so the model's context.", valueName: "count"))
  var length: Int = Self.usual.length
  @Option(parsing: .unconditional, help: "The highest learning rate; the last is a tenth of it.")
  var learningRate: Double = Self.usual.learningRate
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Steps in which the learning rate rises.", valueName: "count"))
  var warmUp: Int = Self.usual.warmUpSteps
  @Option(parsing: .unconditional, help: "How much matrices decay, times the learning rate.")
  var weightDecay: Double = Self.usual.weightDecay
  @Option(parsing: .unconditional, help: "The norm that gradients are clipped to.")
  var clip: Double = Self.usual.largestNorm
  @Option(parsing: .unconditional, help: "Settles first values and the order of batches.")
  var seed: UInt64 = Self.usual.seed

  /// Which option gives what errors of the library name.
  static let optionsOfOperands = [
    "steps": "--steps", "sequences": "--batch", "length": "--length", "learning rate": "--learning-rate",
    "least learning rate": "--learning-rate", "warm-up steps": "--warm-up", "weight decay": "--weight-decay",
    "largest norm": "--clip",
  ]

  func validate() throws {
    try namingOptions(Self.optionsOfOperands) { () throws(TesseraError) in try options.check() }
  }

  var options: TrainingOptions {
    var options = TrainingOptions()
    (options.steps, options.sequences, options.length) = (steps, batch, length)
    (options.learningRate, options.leastLearningRate) = (learningRate, learningRate / 10)
    (options.warmUpSteps, options.weightDecay, options.largestNorm) = (warmUp, weightDecay, clip)
    options.seed = seed
    return options
  }
}

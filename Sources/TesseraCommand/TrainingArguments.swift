import ArgumentParser
import TesseraModels

/// How `tessera train` trains.
struct TrainingArguments: ParsableArguments {
  @Option(parsing: .unconditional, help: ArgumentHelp("Steps of the whole training.", valueName: "count"))
  var steps: Int = 1000
  @Option(parsing: .unconditional, help: ArgumentHelp("Sequences of a step.", valueName: "count"))
  var batch: Int = 8
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Tokens of a sequence, and so the model's context.", valueName: "count"))
  var length: Int = 256
  @Option(parsing: .unconditional, help: "The highest learning rate; the last is a tenth of it.")
  var learningRate: Double = 1e-3
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Steps in which the learning rate rises.", valueName: "count"))
  var warmUp: Int = 50
  @Option(parsing: .unconditional, help: "How much matrices decay, times the learning rate.")
  var weightDecay: Double = 0.1
  @Option(parsing: .unconditional, help: "The norm that gradients are clipped to.")
  var clip: Double = 1
  @Option(parsing: .unconditional, help: "Settles first values and the order of batches.")
  var seed: UInt64 = 1

  func validate() throws {
    for (name, value, least) in [
      ("--steps", steps, 1), ("--batch", batch, 1), ("--length", length, 1), ("--warm-up", warmUp, 0),
    ] where value < least {
      throw ValidationError("\(name): expected \(least) or more, got \(value)")
    }
    for (name, value) in [("--learning-rate", learningRate), ("--weight-decay", weightDecay)]
    where !(value >= 0 && value.isFinite) {
      throw ValidationError("\(name): expected a finite number, 0 or more, got \(value)")
    }
    guard clip > 0 else { throw ValidationError("--clip: expected a number above 0, got \(clip)") }
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

import ArgumentParser
import Tessera

/// How tokens are drawn. Stages run in the order of the options, the penalty first.
struct SamplingArguments: ParsableArguments {
  @Option(parsing: .unconditional, help: "What logits are divided by; 0 takes the greatest.")
  var temperature: Float = 0
  @Option(parsing: .unconditional, help: "How many of the greatest logits are kept; 0: all.")
  var topK: Int = 40
  @Option(parsing: .unconditional, help: "Keep the fewest whose probabilities add up to this.")
  var topP: Float = 0.95
  @Option(parsing: .unconditional, help: "Keep those this many times as probable as the likeliest.")
  var minP: Float = 0.05
  @Option(parsing: .unconditional, help: "What the last 64 tokens' logits are divided by.")
  var repetitionPenalty: Float = 1
  @Option(help: "What draws follow from.")
  var seed: UInt64 = 0

  func validate() throws { try namingOptions { () throws(TesseraError) in try options.check() } }

  var options: SamplingOptions {
    SamplingOptions(
      temperature: temperature, topK: topK, topP: topP, minP: minP, repetitionPenalty: repetitionPenalty, seed: seed)
  }
}

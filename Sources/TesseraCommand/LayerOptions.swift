import ArgumentParser
import Tessera
import TesseraReport

/// Sizes of an encoder layer that is measured. All are optional, so that those that were given can be told.
struct LayerOptions: ParsableArguments {
  // Unconditional, so that a negative number is refused as a number and not taken for an option.
  @Option(parsing: .unconditional, help: "Sequences; else 8.")
  var batch: Int?
  @Option(parsing: .unconditional, help: "Tokens of a sequence; else 512.")
  var length: Int?
  @Option(parsing: .unconditional, help: "Hidden width, a multiple of --heads; else 1024.")
  var hidden: Int?
  @Option(parsing: .unconditional, help: "Attention heads; else 16.")
  var heads: Int?
  @Option(parsing: .unconditional, help: "Width of the feed-forward half; else 4096.")
  var feedforward: Int?
  @Option(parsing: .unconditional, help: "Drop probability of each of the four dropouts, 0 to 1; else 0.1.")
  var dropout: Double?
  @Option(parsing: .unconditional, help: "Seed of the dropouts and of the numbers in inputs and parameters; else 1.")
  var seed: UInt64?

  /// Options that were given, as they are written.
  var given: [String] {
    [
      ("--batch", batch != nil), ("--length", length != nil), ("--hidden", hidden != nil), ("--heads", heads != nil),
      ("--feedforward", feedforward != nil), ("--dropout", dropout != nil), ("--seed", seed != nil),
    ].compactMap { $1 ? $0 : nil }
  }

  func problem(
    withEncoderLayer: Bool = false, _ encoderLayerOptions: EncoderLayerOptions = EncoderLayerOptions(),
    pass: LayerPass = .forward
  ) throws -> LayerProblem {
    try namingOptions { () throws(TesseraError) in
      try LayerProblem(
        batch: batch ?? 8, length: length ?? 512, hidden: hidden ?? 1024, heads: heads ?? 16,
        feedforward: feedforward ?? 4096, dropout: dropout ?? 0.1, seed: seed ?? 1, withEncoderLayer: withEncoderLayer,
        encoderLayerOptions: encoderLayerOptions, pass: pass)
    }
  }
}

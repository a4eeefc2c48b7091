import ArgumentParser
import Tessera
import TesseraModels

/// The decoder that `tessera train` trains: of Llama's kind, with a token for each byte.
struct TrainedDecoderArguments: ParsableArguments {
  @Option(parsing: .unconditional, help: ArgumentHelp("Layers.", valueName: "count"))
  var layers: Int = 4
  @Option(parsing: .unconditional, help: ArgumentHelp("Width of the residual stream.", valueName: "count"))
  var width: Int = 256
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Width of the feed-forward block; else 3 · width.", valueName: "count"))
  var feedforward: Int?
  @Option(parsing: .unconditional, help: ArgumentHelp("Query heads.", valueName: "count"))
  var heads: Int = 4
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Key-value heads; else as many as query heads.", valueName: "count"))
  var keyValueHeads: Int?

  /// Which option gives what errors of the library name.
  static let optionsOfOperands = [
    "layers": "--layers", "width": "--width", "feed-forward width": "--feedforward", "query heads": "--heads",
    "key-value heads": "--key-value-heads", "head dimension": "--width / --heads",
  ]

  func validate() throws {
    // The library takes heads of any width, here they fill the stream.
    if (1...1 << 16).contains(heads), width % (2 * heads) != 0 {
      throw ValidationError("--width: expected a multiple of 2 · heads, \(2 * heads), got \(width)")
    }
    try namingOptions(Self.optionsOfOperands) { () throws(TesseraError) in
      try DecoderParameters.check(configuration(contextLength: 1))
    }
  }

  func configuration(contextLength: Int) -> DecoderConfiguration {
    let (usualFeedForward, overflow) = width.multipliedReportingOverflow(by: 3)
    return DecoderConfiguration(
      layers: layers, width: width, feedForwardWidth: feedforward ?? (overflow ? .max : usualFeedForward),
      queryHeads: heads, keyValueHeads: keyValueHeads, vocabularySize: TokenizerVocabulary.bytes.tokens.count,
      contextLength: contextLength)
  }
}

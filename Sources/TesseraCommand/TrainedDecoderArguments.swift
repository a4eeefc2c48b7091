import ArgumentParser
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

  func validate() throws {
    for (name, value) in [
      ("--layers", layers), ("--width", width), ("--feedforward", feedforward ?? 1), ("--heads", heads),
      ("--key-value-heads", keyValueHeads ?? 1),
    ] where !(1...1 << 16).contains(value) {
      throw ValidationError("\(name): expected 1 to \(1 << 16), got \(value)")
    }
    guard width % (2 * heads) == 0 else {
      throw ValidationError("--width: expected a multiple of 2 · heads, \(2 * heads), got \(width)")
    }
    if let keyValueHeads, heads % keyValueHeads != 0 {
      throw ValidationError("--key-value-heads: expected a divisor of the \(heads) heads, got \(keyValueHeads)")
    }
  }

  func configuration(contextLength: Int) -> DecoderConfiguration {
    DecoderConfiguration(
      layers: layers, width: width, feedForwardWidth: feedforward ?? 3 * width, queryHeads: heads,
      keyValueHeads: keyValueHeads, vocabularySize: TokenizerVocabulary.bytes.tokens.count,
      contextLength: contextLength)
  }
}

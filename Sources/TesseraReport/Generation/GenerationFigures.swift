import Tessera
import TesseraModels

/// What `tessera generate --stats` prints; its coding keys are the keys of the JSON.
public struct GenerationFigures: Encodable {
  struct Sequence: Encodable {
    var text: String
    var tokens: [Int]
    var end: GeneratedText.End
  }

  var promptTokens: Int
  var promptTokensPerSecond: Double
  /// Tokens after each sequence's first, which the prompt's pass gives.
  var generatedTokens: Int
  var generationTokensPerSecond: Double
  /// The time from the start of the command, reading the file included, to the first prompt's first token.
  var timeToFirstTokenSeconds: Double
  /// D of a generated token, over those that were counted.
  var bytesPerToken: Double
  /// What the cache has allocated.
  var kvCacheBytes: Int
  /// bytes · 2 · b · l · Hkv · D · (s + n) for the longest prompt and what was to be generated.
  var kvCacheFormulaBytes: Int
  /// Seconds of each round of tokens, one a sequence, after the first.
  var tokenSeconds: [Double]
  /// All calls of the prompts.
  var promptOperators: [OperatorLedgerFigures]
  /// All calls of `countedTokens` generated tokens.
  var generationOperators: [OperatorLedgerFigures]
  var countedTokens: Int
  var sequences: [Sequence]

  /// The figures of the generator's last call. `loadingSeconds`: from the command's start to that call's.
  public init(
    _ generator: TextGenerator, prompts: [[Int]], _ texts: [GeneratedText], loadingSeconds: Double,
    _ peaks: MachinePeaks
  ) {
    let (times, shape) = (generator.times, generator.decoder.cache.shape)
    promptTokens = times.promptTokens
    promptTokensPerSecond = times.promptTokensPerSecond
    generatedTokens = times.generatedTokens
    generationTokensPerSecond = times.generationTokensPerSecond
    timeToFirstTokenSeconds = loadingSeconds + times.firstTokenSeconds
    let moved = times.generation.values.reduce(0) { $0 + $1.traffic.byteCount }
    bytesPerToken = Double(moved) / Double(max(1, times.recordedTokens))
    kvCacheBytes = generator.decoder.cache.byteCount
    let positions = (prompts.map(\.count).max() ?? 0) + generator.options.maximumTokens
    let elements = shape.sequences * shape.layers * shape.keyValueHeads * (shape.headDimension + shape.valueDimension)
    kvCacheFormulaBytes = elements * positions * shape.type.blockBytes
    tokenSeconds = times.tokenSeconds
    promptOperators = OperatorLedgerFigures.figures(times.prompt, peaks)
    generationOperators = OperatorLedgerFigures.figures(times.generation, peaks)
    countedTokens = times.recordedTokens
    sequences = texts.map { Sequence(text: $0.text, tokens: $0.tokens, end: $0.end) }
  }

  public var text: String {
    let generation = "Generation, \(countedTokens) of \(counted(generatedTokens, "token"))"
    return """

      prompt              \(counted(promptTokens, "token")), \(Number.fixed(promptTokensPerSecond, 0)) a second
      generation          \(counted(generatedTokens, "token")), \(Number.fixed(generationTokensPerSecond, 0)) a second
      first token after   \(Number.fixed(timeToFirstTokenSeconds, 3)) s
      bytes a token       \(Number.fixed(bytesPerToken / 1e6, 1)) MB
      key-value cache     \(kvCacheBytes) bytes (bytes · 2 · b · l · Hkv · D · (s + n) = \(kvCacheFormulaBytes))

      \(OperatorLedgerFigures.table("Prompts", promptOperators))
      \(OperatorLedgerFigures.table(generation, generationOperators))
      """
  }
}

import Tessera

/// What generating took.
public struct GenerationTimes: Sendable {
  public var promptTokens = 0
  /// Reading all prompts and choosing each one's first token.
  public var promptSeconds = 0.0
  /// The first prompt's part of that.
  public var firstTokenSeconds = 0.0
  /// After each sequence's first.
  public var generatedTokens = 0
  public var generationSeconds = 0.0
  /// The time of each round, in which every sequence that has not ended gets a token.
  public var tokenSeconds: [Double] = []
  /// What the ledger has of the prompts.
  public var prompt: [String: Ledger.Entry] = [:]
  /// What it has of `recordedTokens` generated ones.
  public var generation: [String: Ledger.Entry] = [:]
  public var recordedTokens = 0

  public var promptTokensPerSecond: Double { Double(promptTokens) / max(promptSeconds, 1e-9) }
  public var generationTokensPerSecond: Double { Double(generatedTokens) / max(generationSeconds, 1e-9) }
}

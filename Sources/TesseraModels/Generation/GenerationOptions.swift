import Tessera

/// How text is generated.
public struct GenerationOptions: Hashable, Sendable {
  /// The most tokens that a sequence gets.
  public var maximumTokens: Int
  public var sampling: SamplingOptions
  /// How many of a sequence's last tokens the repetition penalty is for.
  public var penaltyLength = 64
  /// Text that ends a sequence when it has been generated; it is not part of the result.
  public var stopStrings: [String] = []
  /// Whether keys and values are kept from token to token, or all computed anew for each.
  public var usesCache = true

  public init(maximumTokens: Int = 256, sampling: SamplingOptions = SamplingOptions(temperature: 0)) {
    self.maximumTokens = maximumTokens
    self.sampling = sampling
  }
}

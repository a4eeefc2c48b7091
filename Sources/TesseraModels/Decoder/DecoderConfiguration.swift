import Tessera

/// The sizes of a decoder and the constants of its formulas. `DecoderArchitecture` says which decoders there are.
public struct DecoderConfiguration: Hashable, Sendable {
  public var architecture: DecoderArchitecture
  public var layers: Int
  /// The width of the residual stream.
  public var width: Int
  public var feedForwardWidth: Int
  public var queryHeads: Int
  public var keyValueHeads: Int
  /// D of queries and keys.
  public var headDimension: Int
  public var valueDimension: Int
  public var vocabularySize: Int
  /// Positions that the model was made for.
  public var contextLength: Int
  /// What RMS norms add to the mean square.
  public var normEpsilon: Float
  public var rotaryColumns: Int
  public var rotaryBase: Double
  /// Positions are multiplied by it.
  public var rotaryScale: Double
  public var rotaryPairing: RotaryPairing { architecture.rotaryPairing }
}

extension DecoderConfiguration {
  /// The most positions that a sequence can have: the context's, or as many as a cache that does not roll has room for.
  func positions(of cache: KeyValueCacheShape) -> Int {
    cache.window == nil ? min(contextLength, cache.capacity) : contextLength
  }
}

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
  public var rotaryPairing: RotaryPairing

  /// A decoder of Llama's kind that no file has been read for: heads as wide as fit beside each other in the stream
  /// unless given, a key-value head for each query head, and pairs of rotary columns as Hugging Face's files have them.
  public init(
    layers: Int, width: Int, feedForwardWidth: Int, queryHeads: Int, keyValueHeads: Int? = nil,
    headDimension: Int? = nil, vocabularySize: Int, contextLength: Int, normEpsilon: Float = 1e-5,
    rotaryBase: Double = 10000
  ) {
    architecture = .llama
    (self.layers, self.width, self.feedForwardWidth) = (layers, width, feedForwardWidth)
    (self.queryHeads, self.keyValueHeads) = (queryHeads, keyValueHeads ?? queryHeads)
    let dimension = headDimension ?? width / max(1, queryHeads)
    (self.headDimension, valueDimension, rotaryColumns) = (dimension, dimension, dimension)
    (self.vocabularySize, self.contextLength) = (vocabularySize, contextLength)
    (self.normEpsilon, self.rotaryBase, rotaryScale) = (normEpsilon, rotaryBase, 1)
    rotaryPairing = .halfSplit
  }
}

extension DecoderConfiguration {
  /// The most positions that a sequence can have: the context's, or as many as a cache that does not roll has room for.
  func positions(of cache: KeyValueCacheShape) -> Int {
    cache.window == nil ? min(contextLength, cache.capacity) : contextLength
  }
}

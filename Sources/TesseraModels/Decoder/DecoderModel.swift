import Tessera

/// A decoder read from a file: its sizes and weights. The file stays mapped while the value is kept.
public struct DecoderModel: Sendable {
  public let configuration: DecoderConfiguration
  public let weights: DecoderWeights

  init(configuration: DecoderConfiguration, weights: DecoderWeights) {
    (self.configuration, self.weights) = (configuration, weights)
  }

  /// Throws for a model of another architecture, a tensor that is missing or has another shape, and whatever of the
  /// file would be passed over.
  public init(_ file: GGUFFile) throws {
    configuration = try DecoderConfiguration(file)
    weights = try DecoderWeights(file, configuration)
    // That frequencies are finite is known before there are positions.
    _ = try rotaryTable(positions: 1)
  }

  /// Cosines and sines of the first positions, for all passes of a decoder. Throws where an angle is not finite or
  /// there is too little memory.
  public func rotaryTable(positions: Int) throws(TesseraError) -> RotaryTable {
    try RotaryTable(
      positions: positions, rotatedColumns: configuration.rotaryColumns, base: configuration.rotaryBase,
      frequencyScale: configuration.rotaryScale, divisors: weights.rotaryDivisors)
  }

  /// The shape of a cache for this model. `capacity`: positions of a sequence, the context length unless given.
  public func cacheShape(
    sequences: Int = 1, capacity: Int? = nil, type: ElementType = .float32
  ) -> KeyValueCacheShape {
    KeyValueCacheShape(
      layers: configuration.layers, sequences: sequences, keyValueHeads: configuration.keyValueHeads,
      headDimension: configuration.headDimension, valueDimension: configuration.valueDimension,
      capacity: capacity ?? configuration.contextLength, type: type)
  }
}

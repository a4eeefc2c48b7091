import Tessera

/// A decoder read from a file: its sizes and weights. The file stays mapped while the value is kept.
public struct DecoderModel: Sendable {
  public let configuration: DecoderConfiguration
  public let weights: DecoderWeights
  /// Shared by all passes.
  public let rotaryTable: RotaryTable

  /// Throws for a model of another architecture, a tensor that is missing or has another shape.
  public init(_ file: GGUFFile) throws {
    let configuration = try DecoderConfiguration(file)
    weights = try DecoderWeights(file, configuration)
    rotaryTable = try RotaryTable(
      positions: configuration.contextLength, rotatedColumns: configuration.rotaryColumns,
      base: configuration.rotaryBase, frequencyScale: configuration.rotaryScale)
    self.configuration = configuration
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

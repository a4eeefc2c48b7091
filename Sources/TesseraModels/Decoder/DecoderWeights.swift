import Tessera

/// The weights of a decoder: matrices as they are stored in the file, norms as floats.
public struct DecoderWeights: Sendable {
  /// vocabulary × width
  public var tokenEmbedding: ModelTensor
  public var layers: [Layer]
  /// width values
  public var outputNorm: AlignedBuffer<Float>
  /// vocabulary × width: a matrix of its own, or the embedding once more.
  public var output: ModelTensor
  /// A divisor for each pair's frequency; nil: none is divided.
  public var rotaryDivisors: [Float]?

  /// One layer. Matrices have a row for each output.
  public struct Layer: Sendable {
    public var attentionNorm: AlignedBuffer<Float>
    /// D values each, for every head; of architectures that normalise heads.
    public var queryNorm, keyNorm: AlignedBuffer<Float>?
    /// Hq · D × width
    public var queries: ModelTensor
    /// Hkv · D × width
    public var keys: ModelTensor
    /// Hkv · Dv × width
    public var values: ModelTensor
    /// width × Hq · Dv
    public var attentionOutput: ModelTensor
    public var feedForwardNorm: AlignedBuffer<Float>
    /// feed-forward width × width
    public var gate: ModelTensor
    public var up: ModelTensor
    /// width × feed-forward width
    public var down: ModelTensor
    public var biases: Biases
  }

  /// What is added to the results of a layer's maps, a value a column; nil where a map has none.
  public struct Biases: Sendable {
    public var queries, keys, values, attentionOutput, gate, up, down: AlignedBuffer<Float>?
  }
}

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

  /// One layer. Matrices have a row for each output.
  public struct Layer: Sendable {
    public var attentionNorm: AlignedBuffer<Float>
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
  }
}

extension DecoderWeights {
  static let embeddingName = "token_embd.weight"

  /// Weights from a file's tensors, by their names in GGUF. Throws where one is missing, has another shape, or is of a
  /// type that cannot be read.
  public init(_ file: GGUFFile, _ sizes: DecoderConfiguration) throws {
    func matrix(_ name: String, _ rows: Int, _ columns: Int) throws(ModelFileError) -> ModelTensor {
      let tensor = try file.tensor(named: name)
      guard tensor.shape.count == 2, tensor.columns == columns, tensor.rows == rows else {
        throw tensor.failure("shape", expected: "\(rows) × \(columns)", actual: "\(tensor.shape)")
      }
      return tensor
    }
    func norm(_ name: String) throws -> AlignedBuffer<Float> {
      let tensor = try file.tensor(named: name)
      guard tensor.shape == [sizes.width] else {
        throw tensor.failure("shape", expected: "\([sizes.width])", actual: "\(tensor.shape)")
      }
      let floats = try AlignedBuffer<Float>(uninitializedCount: sizes.width)
      try tensor.dequantize(rows: 0..<1, into: floats.elements.mutableSpan)
      return floats
    }
    tokenEmbedding = try matrix(Self.embeddingName, sizes.vocabularySize, sizes.width)
    outputNorm = try norm("output_norm.weight")
    output =
      file.contains("output.weight") ? try matrix("output.weight", sizes.vocabularySize, sizes.width) : tokenEmbedding
    let (queryWidth, keyWidth) = (sizes.queryHeads * sizes.headDimension, sizes.keyValueHeads * sizes.headDimension)
    let valueWidth = sizes.keyValueHeads * sizes.valueDimension
    layers = []
    for index in 0..<sizes.layers {
      let layer = "blk.\(index)."
      layers.append(
        Layer(
          attentionNorm: try norm(layer + "attn_norm.weight"),
          queries: try matrix(layer + "attn_q.weight", queryWidth, sizes.width),
          keys: try matrix(layer + "attn_k.weight", keyWidth, sizes.width),
          values: try matrix(layer + "attn_v.weight", valueWidth, sizes.width),
          attentionOutput: try matrix(
            layer + "attn_output.weight", sizes.width, sizes.queryHeads * sizes.valueDimension),
          feedForwardNorm: try norm(layer + "ffn_norm.weight"),
          gate: try matrix(layer + "ffn_gate.weight", sizes.feedForwardWidth, sizes.width),
          up: try matrix(layer + "ffn_up.weight", sizes.feedForwardWidth, sizes.width),
          down: try matrix(layer + "ffn_down.weight", sizes.width, sizes.feedForwardWidth)))
    }
  }
}

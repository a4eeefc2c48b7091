import Tessera

/// The sizes of a decoder of Llama's architecture: pre-norm layers of grouped-query attention with rotary embedding and
/// a SwiGLU feed-forward block, RMS norms, no biases. Touvron and others, "LLaMA" (2023), section 2.2.
public struct DecoderConfiguration: Hashable, Sendable {
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
}

extension DecoderConfiguration {
  /// From a file's metadata; how long the vocabulary is, the embedding's rows say. Throws where a key or the embedding is
  /// missing or wrong, or the architecture is another.
  public init(_ file: GGUFFile) throws(ModelFileError) {
    let metadata = file.metadata
    let architecture = try metadata.string(forKey: "general.architecture")
    guard architecture == "llama" else {
      throw metadata.failure("general.architecture", expected: "llama", actual: "\"\(architecture)\"")
    }
    func count(_ key: String, _ range: ClosedRange<Int> = 1...Self.largestExtent) throws(ModelFileError) -> Int {
      let key = "llama.\(key)"
      let value = try metadata.unsigned(forKey: key)
      guard range.contains(value) else {
        throw metadata.failure(key, expected: "\(range.lowerBound) to \(range.upperBound)", actual: "\(value)")
      }
      return value
    }
    func optional(_ key: String, _ range: ClosedRange<Int>) throws(ModelFileError) -> Int? {
      metadata.contains("llama.\(key)") ? try count(key, range) : nil
    }
    func float(_ key: String, otherwise value: Double) throws(ModelFileError) -> Double {
      metadata.contains("llama.\(key)") ? try metadata.float(forKey: "llama.\(key)") : value
    }
    layers = try count("block_count")
    width = try count("embedding_length")
    feedForwardWidth = try count("feed_forward_length")
    queryHeads = try count("attention.head_count")
    keyValueHeads = try optional("attention.head_count_kv", 1...queryHeads) ?? queryHeads
    headDimension = try optional("attention.key_length", Self.headDimensions) ?? width / queryHeads
    valueDimension = try optional("attention.value_length", Self.headDimensions) ?? width / queryHeads
    contextLength = try count("context_length")
    rotaryColumns = try optional("rope.dimension_count", 0...headDimension) ?? headDimension
    normEpsilon = Float(try metadata.float(forKey: "llama.attention.layer_norm_rms_epsilon"))
    rotaryBase = try float("rope.freq_base", otherwise: 10000)
    rotaryScale = 1
    // Converters permute the rows of queries and keys, so that pairs are neighbours.
    rotaryPairing = .interleaved
    let embedding = try file.tensor(named: DecoderWeights.embeddingName)
    guard embedding.shape.count == 2, (1...Int(Int32.max)).contains(embedding.rows) else {
      throw embedding.failure("shape", expected: "1 to \(Int32.max) rows × \(width)", actual: "\(embedding.shape)")
    }
    vocabularySize = embedding.rows
    for (key, count, divisor) in [
      ("attention.head_count", queryHeads, keyValueHeads), ("rope.dimension_count", rotaryColumns, 2),
    ] where count % divisor != 0 {
      throw metadata.failure("llama.\(key)", expected: "a multiple of \(divisor)", actual: "\(count)")
    }
    guard contextLength * max(1, rotaryColumns) <= Self.mostRotations else {
      throw metadata.failure(
        "llama.context_length", expected: "at most \(Self.mostRotations / max(1, rotaryColumns)) positions",
        actual: "\(contextLength)")
    }
    try readScaling(metadata)
  }

  private mutating func readScaling(_ metadata: GGUFMetadata) throws(ModelFileError) {
    let key = "llama.rope.scaling.type"
    guard metadata.contains(key) else { return }
    switch try metadata.string(forKey: key) {
    case "none": break
    case "linear":
      let factorKey = "llama.rope.scaling.factor"
      let factor = try metadata.float(forKey: factorKey)
      guard factor > 0, factor.isFinite else {
        throw metadata.failure(factorKey, expected: "a finite number above 0", actual: "\(factor)")
      }
      rotaryScale = 1 / factor
    case let other: throw metadata.failure(key, expected: "none or linear", actual: "\"\(other)\"")
    }
  }

  /// Sizes past it are a mistake, or a file that means harm: no extent's product with another then overflows.
  private static let largestExtent = 1 << 24
  /// The largest table of rotations, positions times columns, which is made when a model is loaded: 2 GiB.
  private static let mostRotations = 1 << 29
  private static let headDimensions = 1...512
}

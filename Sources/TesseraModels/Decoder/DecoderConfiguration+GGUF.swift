import Tessera

extension DecoderConfiguration {
  /// Sizes from a file's metadata; how long the vocabulary is, the embedding's rows say. Throws where a key or the
  /// embedding is missing or wrong, the architecture is another, or one of its keys is not understood.
  public init(_ file: GGUFFile) throws(ModelFileError) {
    var keys = try ArchitectureMetadata(file.metadata)
    architecture = keys.architecture
    rotaryPairing = keys.architecture.rotaryPairing
    layers = try keys.count("block_count", 1...Self.largestExtent)
    width = try keys.count("embedding_length", 1...Self.largestExtent)
    feedForwardWidth = try keys.count("feed_forward_length", 1...Self.largestExtent, ofEachOf: layers)
    queryHeads = try keys.count("attention.head_count", 1...Self.largestExtent, ofEachOf: layers)
    keyValueHeads = try keys.optionalCount("attention.head_count_kv", 1...queryHeads, ofEachOf: layers) ?? queryHeads
    headDimension = try keys.optionalCount("attention.key_length", Self.headDimensions) ?? width / queryHeads
    valueDimension = try keys.optionalCount("attention.value_length", Self.headDimensions) ?? width / queryHeads
    contextLength = try keys.count("context_length", 1...Self.largestExtent)
    rotaryColumns = try keys.optionalCount("rope.dimension_count", 0...headDimension) ?? headDimension
    normEpsilon = Float(try keys.float("attention.layer_norm_rms_epsilon"))
    rotaryBase = try keys.optionalFloat("rope.freq_base") ?? 10000
    rotaryScale = try Self.rotaryScale(&keys)
    let embedding = try file.tensor(named: DecoderWeights.embeddingName)
    guard embedding.shape.count == 2, (1...Int(Int32.max)).contains(embedding.rows) else {
      throw embedding.failure("shape", expected: "1 to \(Int32.max) rows × \(width)", actual: "\(embedding.shape)")
    }
    vocabularySize = embedding.rows
    for (key, count, divisor) in [
      ("attention.head_count", queryHeads, keyValueHeads), ("rope.dimension_count", rotaryColumns, 2),
    ] where count % divisor != 0 {
      throw keys.failure(key, expected: "a multiple of \(divisor)", actual: "\(count)")
    }
    guard architecture != .llama || rotaryColumns == headDimension else {
      throw keys.failure(
        "rope.dimension_count", expected: "all \(headDimension) columns of a head", actual: "\(rotaryColumns)")
    }
    try checkOthers(&keys)
  }

  /// What else a file of these architectures may say, and no more.
  private func checkOthers(_ keys: inout ArchitectureMetadata) throws(ModelFileError) {
    try keys.require("expert_count", toBe: 0)
    try keys.require("expert_used_count", toBe: 0)
    try keys.require("attention.causal", toBe: true)
    try keys.require("use_parallel_residual", toBe: false)
    // A window as long as the context hides nothing.
    if let window = try keys.optionalCount("attention.sliding_window", 0...Int.max), window != 0, window < contextLength
    {
      throw keys.failure(
        "attention.sliding_window", expected: "0, or at least the context's \(contextLength)", actual: "\(window)")
    }
    keys.passOver("vocab_size", "tensor_data_layout")
    try keys.checkAllUnderstood()
  }

  /// Of linear scaling, which is also meant where a factor stands without a type. A factor of 0 is none.
  private static func rotaryScale(_ keys: inout ArchitectureMetadata) throws(ModelFileError) -> Double {
    let factorKey = keys.contains("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear"
    keys.passOver(
      "rope.scaling.factor", "rope.scale_linear", "rope.scaling.original_context_length", "rope.scaling.finetuned")
    try keys.require("rope.scaling.attn_factor", toBe: 1.0)
    switch try keys.optionalString("rope.scaling.type") {
    case "none": return 1
    case nil, "linear":
      guard let factor = try keys.optionalFloat(factorKey), factor != 0 else { return 1 }
      guard factor > 0, factor.isFinite else {
        throw keys.failure(factorKey, expected: "a finite number above 0", actual: factor.spelled)
      }
      return 1 / factor
    case let other?:
      throw keys.failure("rope.scaling.type", expected: "none or linear", actual: "\"\(other)\"")
    }
  }

  /// Sizes past it are a mistake, or a file that means harm: no extent's product with another then overflows.
  private static let largestExtent = 1 << 24
  private static let headDimensions = 1...512
}

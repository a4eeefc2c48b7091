import Tessera

extension DecoderWeights {
  static let embeddingName = "token_embd.weight"

  /// Weights from a file's tensors, by their names in GGUF. Throws where one is missing, has another shape, is of a
  /// type that cannot be read, or belongs to no operator of the architecture.
  public init(_ file: GGUFFile, _ sizes: DecoderConfiguration) throws {
    var tensors = TensorReader(file)
    tokenEmbedding = try tensors.matrix(Self.embeddingName, sizes.vocabularySize, sizes.width)
    outputNorm = try tensors.vector("output_norm.weight", sizes.width)
    output =
      file.contains("output.weight")
      ? try tensors.matrix("output.weight", sizes.vocabularySize, sizes.width) : tokenEmbedding
    rotaryDivisors =
      sizes.architecture.dividesFrequencies ? try Self.rotaryDivisors(&tensors, sizes) : nil
    layers = []
    for index in 0..<sizes.layers { layers.append(try Layer(&tensors, "blk.\(index).", sizes)) }
    try tensors.checkAllRead(by: sizes.architecture)
  }

  private static func rotaryDivisors(
    _ tensors: inout TensorReader, _ sizes: DecoderConfiguration
  ) throws -> [Float]? {
    let name = "rope_freqs.weight"
    guard let divisors = try tensors.optionalVector(name, sizes.rotaryColumns / 2) else { return nil }
    let values = Array(divisors.elements)
    guard let wrong = values.first(where: { !($0 > 0 && $0.isFinite) }) else { return values }
    throw try tensors.file.tensor(named: name).failure(
      "values", expected: "finite numbers above 0", actual: wrong.spelled)
  }
}

extension DecoderWeights.Layer {
  fileprivate init(_ tensors: inout TensorReader, _ layer: String, _ sizes: DecoderConfiguration) throws {
    let (queryWidth, keyWidth) = (sizes.queryHeads * sizes.headDimension, sizes.keyValueHeads * sizes.headDimension)
    let valueWidth = sizes.keyValueHeads * sizes.valueDimension
    attentionNorm = try tensors.vector(layer + "attn_norm.weight", sizes.width)
    if sizes.architecture.normalizesHeads {
      queryNorm = try tensors.vector(layer + "attn_q_norm.weight", sizes.headDimension)
      keyNorm = try tensors.vector(layer + "attn_k_norm.weight", sizes.headDimension)
    }
    queries = try tensors.matrix(layer + "attn_q.weight", queryWidth, sizes.width)
    keys = try tensors.matrix(layer + "attn_k.weight", keyWidth, sizes.width)
    values = try tensors.matrix(layer + "attn_v.weight", valueWidth, sizes.width)
    attentionOutput = try tensors.matrix(
      layer + "attn_output.weight", sizes.width, sizes.queryHeads * sizes.valueDimension)
    feedForwardNorm = try tensors.vector(layer + "ffn_norm.weight", sizes.width)
    gate = try tensors.matrix(layer + "ffn_gate.weight", sizes.feedForwardWidth, sizes.width)
    up = try tensors.matrix(layer + "ffn_up.weight", sizes.feedForwardWidth, sizes.width)
    down = try tensors.matrix(layer + "ffn_down.weight", sizes.width, sizes.feedForwardWidth)
    let named = sizes.architecture.mapsWithBiases
    func bias(_ map: String, _ columns: Int) throws -> AlignedBuffer<Float>? {
      named.contains(map) ? try tensors.optionalVector(layer + map + ".bias", columns) : nil
    }
    biases = DecoderWeights.Biases(
      queries: try bias("attn_q", queryWidth), keys: try bias("attn_k", keyWidth),
      values: try bias("attn_v", valueWidth), attentionOutput: try bias("attn_output", sizes.width),
      gate: try bias("ffn_gate", sizes.feedForwardWidth), up: try bias("ffn_up", sizes.feedForwardWidth),
      down: try bias("ffn_down", sizes.width))
  }
}

/// A file's tensors, with a record of those that were read: any other would be passed over in silence.
private struct TensorReader {
  let file: GGUFFile
  private var read: Set<String> = []

  init(_ file: GGUFFile) { self.file = file }

  mutating func matrix(_ name: String, _ rows: Int, _ columns: Int) throws(ModelFileError) -> ModelTensor {
    read.insert(name)
    let tensor = try file.tensor(named: name)
    guard tensor.shape.count == 2, tensor.columns == columns, tensor.rows == rows else {
      throw tensor.failure("shape", expected: "\(rows) × \(columns)", actual: "\(tensor.shape)")
    }
    return tensor
  }

  /// A copy as floats.
  mutating func vector(_ name: String, _ count: Int) throws -> AlignedBuffer<Float> {
    read.insert(name)
    let tensor = try file.tensor(named: name)
    guard tensor.shape == [count] else {
      throw tensor.failure("shape", expected: "\([count])", actual: "\(tensor.shape)")
    }
    let floats = try AlignedBuffer<Float>(uninitializedCount: count)
    try tensor.dequantize(rows: 0..<1, into: floats.elements.mutableSpan)
    return floats
  }

  /// nil where there is no such tensor.
  mutating func optionalVector(_ name: String, _ count: Int) throws -> AlignedBuffer<Float>? {
    file.contains(name) ? try vector(name, count) : nil
  }

  func checkAllRead(by architecture: DecoderArchitecture) throws(ModelFileError) {
    guard let name = file.tensorNames.first(where: { !read.contains($0) }) else { return }
    throw ModelFileError(
      file: file.file.path, offset: nil, subject: "tensor \"\(name)\"",
      expected: "tensors that a decoder of architecture \(architecture.rawValue) reads", actual: "one that it does not")
  }
}

import Tessera

/// All parameters of a decoder of Llama's kind as one run of floats: where each tensor lies in it, by the names that
/// Hugging Face gives them.
///
/// Matrices, whose weights decay, come first, then the norms. Maps of one input lie one after the other, so that they
/// are one matrix: queries, keys and values; gate and up. Every other tensor begins on a cache line; what lies between
/// is 0, as its gradients are. Gradients and moments lie likewise.
public struct DecoderParameters: Hashable, Sendable {
  public struct Tensor: Hashable, Sendable {
    public var name: String
    /// Rows and columns of a matrix; the number of values of a norm.
    public var shape: [Int]
    public var range: Range<Int>
  }

  /// One layer's places.
  struct Layer: Hashable, Sendable {
    /// (Hq + Hkv) · D + Hkv · Dv rows of width.
    var joint: Range<Int>
    var attentionOutput: Range<Int>
    /// Gate's rows, then up's.
    var gateAndUp: Range<Int>
    var down: Range<Int>
    var attentionNorm, feedForwardNorm: Range<Int>
  }

  public let configuration: DecoderConfiguration
  /// Whether the embedding is the output map's weights too.
  public let tiesEmbedding: Bool
  /// In the order in which they lie.
  public let tensors: [Tensor]
  /// Floats in all.
  public let count: Int
  /// How many of them, the first ones, are of matrices.
  public let matrixCount: Int
  let embedding, output, outputNorm: Range<Int>
  let layers: [Layer]

  /// Parameters without what lies between them.
  public var valueCount: Int { tensors.reduce(0) { $0 + $1.range.count } }

  /// Throws for sizes that a decoder cannot have, or that are not Llama's.
  public init(_ configuration: DecoderConfiguration, tiesEmbedding: Bool) throws(TesseraError) {
    try Self.check(configuration)
    let sizes = configuration
    var list = TensorList()
    embedding = list.append([(DecoderTensorNames.embedding, [sizes.vocabularySize, sizes.width])])
    var matrices: [(joint: Range<Int>, output: Range<Int>, gateAndUp: Range<Int>, down: Range<Int>)] = []
    for index in 0..<sizes.layers {
      func named(_ tensor: DecoderTensorNames.OfLayer, _ rows: Int, _ columns: Int) -> (String, [Int]) {
        (tensor.name(inLayer: index), [rows, columns])
      }
      let (queryWidth, keyWidth) = (sizes.queryHeads * sizes.headDimension, sizes.keyValueHeads * sizes.headDimension)
      matrices.append(
        (
          list.append([
            named(.queries, queryWidth, sizes.width), named(.keys, keyWidth, sizes.width),
            named(.values, keyWidth, sizes.width),
          ]), list.append([named(.attentionOutput, sizes.width, queryWidth)]),
          list.append([
            named(.gate, sizes.feedForwardWidth, sizes.width), named(.up, sizes.feedForwardWidth, sizes.width),
          ]), list.append([named(.down, sizes.width, sizes.feedForwardWidth)])
        ))
    }
    output =
      tiesEmbedding ? embedding : list.append([(DecoderTensorNames.output, [sizes.vocabularySize, sizes.width])])
    matrixCount = list.count
    var layers: [Layer] = []
    for (index, places) in matrices.enumerated() {
      func norm(_ tensor: DecoderTensorNames.OfLayer) -> (String, [Int]) {
        (tensor.name(inLayer: index), [sizes.width])
      }
      layers.append(
        Layer(
          joint: places.joint, attentionOutput: places.output, gateAndUp: places.gateAndUp, down: places.down,
          attentionNorm: list.append([norm(.attentionNorm)]),
          feedForwardNorm: list.append([norm(.feedForwardNorm)])))
    }
    outputNorm = list.append([(DecoderTensorNames.outputNorm, [sizes.width])])
    (self.configuration, self.tiesEmbedding, self.layers) = (configuration, tiesEmbedding, layers)
    (tensors, count) = (list.tensors, list.count)
  }

  private struct TensorList {
    private(set) var tensors: [Tensor] = []
    private(set) var count = 0

    /// Tensors without a gap between them; where they lie.
    mutating func append(_ group: [(name: String, shape: [Int])]) -> Range<Int> {
      let start = count
      for (name, shape) in group {
        let end = count + shape.reduce(1, *)
        tensors.append(Tensor(name: name, shape: shape, range: count..<end))
        count = end
      }
      let range = start..<count
      count = (count + 15) / 16 * 16
      return range
    }
  }

  /// Throws for sizes that a decoder cannot have, or that are not Llama's.
  public static func check(_ sizes: DecoderConfiguration) throws(TesseraError) {
    // With these no product or sum of sizes overflows.
    for (operand, value, range) in [
      ("layers", sizes.layers, 1...1 << 12), ("width", sizes.width, 1...1 << 20),
      ("feed-forward width", sizes.feedForwardWidth, 1...1 << 20), ("query heads", sizes.queryHeads, 1...1 << 16),
      ("key-value heads", sizes.keyValueHeads, 1...1 << 16), ("head dimension", sizes.headDimension, 2...512),
      ("vocabulary", sizes.vocabularySize, 1...1 << 24), ("context length", sizes.contextLength, 1...1 << 24),
    ] where !range.contains(value) {
      throw invalid(operand, expected: "\(range.lowerBound) to \(range.upperBound)", actual: "\(value)")
    }
    guard sizes.queryHeads % sizes.keyValueHeads == 0 else {
      throw invalid(
        "query heads", expected: "a multiple of the \(sizes.keyValueHeads) key-value heads",
        actual: "\(sizes.queryHeads)")
    }
    guard sizes.headDimension % 2 == 0 else {
      throw invalid("head dimension", expected: "an even number", actual: "\(sizes.headDimension)")
    }
    guard sizes.architecture == .llama, sizes.valueDimension == sizes.headDimension,
      sizes.rotaryColumns == sizes.headDimension, sizes.rotaryScale == 1
    else {
      throw invalid(
        "configuration", expected: "Llama's, whole heads rotated and values as wide as keys", actual: "\(sizes)")
    }
  }

  private static func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: TrainableDecoder.operation, operand: operand, expected: expected, actual: actual)
  }
}

import Tessera

/// A decoder of Llama's kind whose gradients are computed: RMS norm, causal attention with rotary embedding, where
/// query heads may share key-value heads, RMS norm, SwiGLU; the loss is the softmax cross-entropy of the output map.
///
///     loss = mean over the tokens that count of −ln p(target),  gradients = its derivatives by all parameters
///
/// Made of the library's operators alone, for batches of one size. Memory is taken once, when it is made: parameters
/// and gradients, what `TrainingMemory` says, and the logits of a chunk of rows; no scores and no whole logits. It runs
/// one call at a time. Results are the same bits for every number of threads.
/// Touvron and others, "LLaMA" (2023); Shazeer, "GLU Variants Improve Transformer" (2020).
public final class TrainableDecoder {
  static let operation = "trainable-decoder"

  public let configuration: DecoderConfiguration
  /// Sequences of a batch, and tokens of each.
  public let sequences, length: Int
  /// Where each tensor lies in `values` and `gradients`.
  public let parameters: DecoderParameters
  /// All parameters; 0 until they are given values, as by `initialize`.
  public let values: AlignedBuffer<Float>
  /// Those of the last call, which lie as the parameters do.
  public let gradients: AlignedBuffer<Float>

  /// Whether the norms' results and what SwiGLU gives are made again on the way back.
  public let recomputes: Bool
  let memory: TrainingMemory
  let embedding: EmbeddingRowsPlan
  let embeddingGradient: EmbeddingRowsGradientPlan
  let norm: TrainedNorm
  let joint, attentionOutput, gateAndUp, down: TrainedLinear
  let attention: TrainedAttention
  let gate: TrainedGate
  let crossEntropy: LinearCrossEntropyPlan

  /// Memory that passes work in, without that of plans.
  public var workspaceBytes: Int { memory.byteCount }

  /// `recomputes`: what costs a pass over memory is made again on the way back; else it is kept, which takes
  /// layers · sequences · length · (2 · width + feed-forward width) floats more.
  /// Throws where sizes are not Llama's, a sequence is longer than the context, or they do not fit in three quarters of
  /// the machine's memory.
  public init(
    _ configuration: DecoderConfiguration, tiesEmbedding: Bool = true, sequences: Int, length: Int,
    recomputes: Bool = true, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    let parameters = try DecoderParameters(configuration, tiesEmbedding: tiesEmbedding)
    let sizes = configuration
    guard (1...sizes.contextLength).contains(length) else {
      throw Self.invalid("length", expected: "1 to the context's \(sizes.contextLength)", actual: "\(length)")
    }
    guard (1...Self.mostRows / length).contains(sequences) else {
      throw Self.invalid(
        "sequences", expected: "1 or more, of at most \(Self.mostRows) tokens in all", actual: "\(sequences)")
    }
    (self.configuration, self.parameters, self.sequences, self.length) = (configuration, parameters, sequences, length)
    self.recomputes = recomputes
    let rows = sequences * length
    let needed =
      2 * parameters.count * MemoryLayout<Float>.stride
      + TrainingMemory.byteCount(sizes, rows: rows, recomputes: recomputes)
    guard needed <= physicalMemoryBytes() / 4 * 3 else { throw .outOfMemory(byteCount: needed) }
    values = try AlignedBuffer(repeating: 0, count: parameters.count)
    gradients = try AlignedBuffer(repeating: 0, count: parameters.count)
    attention = try TrainedAttention(sizes, sequences: sequences, length: length, context: context)
    memory = try TrainingMemory(sizes, rows: rows, attention: attention.problem, recomputes: recomputes)
    norm = try TrainedNorm(rows: rows, sizes: sizes, context: context)
    let workspace = GemmWorkspace(threadCount: context.pool.threadCount)
    gate = try TrainedGate(
      rows: rows, columns: sizes.feedForwardWidth, width: sizes.width, workspace: workspace, context: context)
    func map(_ columns: Int, _ depth: Int, hasInputGradient: Bool = true) throws(TesseraError) -> TrainedLinear {
      try TrainedLinear(
        rows: rows, columns: columns, depth: depth, hasInputGradient: hasInputGradient, workspace: workspace,
        context: context)
    }
    joint = try map(TrainedAttention.columns(sizes), sizes.width)
    attentionOutput = try map(sizes.width, sizes.queryHeads * sizes.valueDimension)
    gateAndUp = try map(2 * sizes.feedForwardWidth, sizes.width)
    // The gradient of what it reads is the gate's.
    down = try map(sizes.width, sizes.feedForwardWidth, hasInputGradient: false)
    let stream = MatrixLayout(rows: rows, columns: sizes.width)
    let table = MatrixLayout(rows: sizes.vocabularySize, columns: sizes.width)
    embedding = try EmbeddingRowsPlan(.float32, vocabulary: sizes.vocabularySize, output: stream, context: context)
    // With tied weights the output map's gradient is there first.
    embeddingGradient = try EmbeddingRowsGradientPlan(
      outputGradient: stream, tableGradient: table, accumulates: tiesEmbedding, context: context)
    crossEntropy = try LinearCrossEntropyPlan(input: stream, weight: table, workspace: workspace, context: context)
  }

  /// A tensor's values, or its gradients.
  public func elements(
    of tensor: DecoderParameters.Tensor, in buffer: AlignedBuffer<Float>
  ) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: buffer.elements[tensor.range])
  }

  func value(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: values.elements[range])
  }

  func gradient(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: gradients.elements[range])
  }

  static func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: operation, operand: operand, expected: expected, actual: actual)
  }

  private static let mostRows = 1 << 24
}

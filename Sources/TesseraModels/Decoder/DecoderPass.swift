import Tessera

/// The blocks of a decoder for passes of so many sequences with so many tokens each: plans, and memory for what flows
/// between them, made once.
///
///     embed(tokens);  for each layer: attention(layer, …), feedForward(layer);  logits(…)
///
/// The residual stream has a row for each token, sequence by sequence. With many rows a block's last map adds to it;
/// with few, or a bias, it leaves its result beside it, and the next block's norm adds the two in the same pass over
/// memory. One pass runs at a time.
public final class DecoderPass {
  public let sequences: Int
  /// Tokens of each sequence.
  public let count: Int
  private let model: DecoderModel
  private let context: ExecutionContext
  private let memory: DecoderMemory
  private let linears: DecoderLinearPlans
  private let embedding: EmbeddingRowsPlan
  private let norm: RMSNormPlan
  private let addingNorm: BiasDropoutResidualRMSNormPlan
  /// The same with the bias of the map whose result is pending.
  private let addingBiasedNorm: BiasDropoutResidualRMSNormPlan
  private let headNorms: DecoderHeadNormPlans?
  private let biases: DecoderBiasPlans
  private let append: CacheAppendPlan
  private let queryRotation: RotaryEmbeddingPlan
  private let attention: AttentionPlan
  private let swiGLU: GatedActivationPlan
  private let lastTokens: DecoderLogits
  /// Made when logits of every token are first asked for: they take much memory.
  private var everyToken: DecoderLogits?
  /// What still has to be added to the residual stream.
  private var pending = Pending.nothing

  private enum Pending {
    case nothing
    /// The last block's result, and the bias of its last map.
    case result(bias: AlignedBuffer<Float>?)
  }

  /// `rotaryTable`: one of the model's, with as many positions as passes will reach; for all that the cache has room
  /// for where it is left out, and for all of the model's context if the cache rolls.
  /// Throws where the sizes are negative or do not fit together or in memory.
  public init(
    _ model: DecoderModel, cache: KeyValueCacheShape, sequences: Int, count: Int, rotaryTable: RotaryTable? = nil,
    context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    let sizes = model.configuration
    (self.model, self.sequences, self.count, self.context) = (model, sequences, count, context)
    let rows = try Self.rows(sequences, count)
    memory = try DecoderMemory(sizes, rows: rows)
    func layout(_ columns: Int) -> MatrixLayout { MatrixLayout(rows: rows, columns: columns) }
    linears = try DecoderLinearPlans(model.weights, rows: rows, context: context)
    embedding = try EmbeddingRowsPlan(
      model.weights.tokenEmbedding.elementType, vocabulary: sizes.vocabularySize, output: layout(sizes.width),
      context: context)
    norm = try RMSNormPlan(input: layout(sizes.width), epsilon: sizes.normEpsilon, context: context)
    func addingNorm(hasBias: Bool) throws(TesseraError) -> BiasDropoutResidualRMSNormPlan {
      try BiasDropoutResidualRMSNormPlan(
        input: layout(sizes.width), returnedSum: layout(sizes.width), hasBias: hasBias, dropout: nil,
        epsilon: sizes.normEpsilon, mode: .inference, context: context)
    }
    self.addingNorm = try addingNorm(hasBias: false)
    addingBiasedNorm = try addingNorm(hasBias: true)
    headNorms =
      sizes.architecture.normalizesHeads ? try DecoderHeadNormPlans(sizes, rows: rows, context: context) : nil
    biases = try DecoderBiasPlans(sizes, rows: rows, context: context)
    let table =
      if let rotaryTable { rotaryTable } else {
        try model.rotaryTable(positions: sizes.positions(of: cache))
      }
    append = try CacheAppendPlan(
      cache, sequences: sequences, keys: layout(sizes.keyValueHeads * sizes.headDimension),
      values: layout(sizes.keyValueHeads * sizes.valueDimension),
      rotation: .init(table, pairing: sizes.rotaryPairing), context: context)
    let queries = BatchedMatrixLayout(
      batch: sequences, heads: sizes.queryHeads, rows: count, columns: sizes.headDimension, order: .rowsFirst)
    queryRotation = try RotaryEmbeddingPlan(
      table, pairing: sizes.rotaryPairing, input: queries, output: queries, sequences: sequences,
      context: context)
    attention = try AttentionPlan(
      for: cache.attentionProblem(sequences: sequences, count: count, queryHeads: sizes.queryHeads), context: context)
    swiGLU = try GatedActivationPlan(.silu, gate: layout(sizes.feedForwardWidth), context: context)
    let last = MatrixLayout(
      rows: count == 0 ? 0 : sequences, columns: sizes.width, rowStride: count * sizes.width,
      offset: max(0, count - 1) * sizes.width)
    lastTokens = try DecoderLogits(model.weights.output, input: last, context: context)
  }

  /// Starts a pass: the residual stream is the tokens' rows of the embedding. Throws for an id that is not below the
  /// vocabulary's size, or another number of tokens than the pass has.
  public func embed(_ tokens: some Collection<Int>) throws(TesseraError) {
    guard tokens.count == memory.tokens.count else {
      throw Self.invalid("tokens", expected: "\(memory.tokens.count)", actual: "\(tokens.count)")
    }
    for (row, token) in tokens.enumerated() { memory.tokens[row] = Int32(clamping: token) }
    pending = .nothing
    let (memory, weight) = (memory, model.weights.tokenEmbedding.bytes)
    try embedding.run(
      ids: memory.tokens.span, table: weight.bytes, output: memory.residual.mutableSpan)
  }

  /// Attention of one layer over what the cache has and the step's own tokens, whose keys and values go into the cache.
  /// Throws where there is no such layer, or the step is not of this pass's size or the cache's.
  public func attention(layer index: Int, cache: KeyValueCache, step: KeyValueCacheStep) throws(TesseraError) {
    try check(layer: index)
    let (layer, plans) = (model.weights.layers[index], linears.layers[index])
    let memory = memory
    try normalize(layer.attentionNorm)
    let input = memory.normalized.span
    try plans.queries.run(input, weight: layer.queries.bytes.bytes, output: memory.queries.mutableSpan)
    try plans.keys.run(input, weight: layer.keys.bytes.bytes, output: memory.keys.mutableSpan)
    try plans.values.run(input, weight: layer.values.bytes.bytes, output: memory.values.mutableSpan)
    try biases.queries.run(memory.queries, layer.biases.queries)
    try biases.keys.run(memory.keys, layer.biases.keys)
    try biases.values.run(memory.values, layer.biases.values)
    try headNorms?.run(memory, layer)
    try append.run(
      keys: memory.keys.span, values: memory.values.span, into: cache, layer: index, step: step)
    try queryRotation.run(inPlace: memory.queries.mutableSpan, startingAt: step.starts)
    try attention.run(
      queries: memory.queries.span, cache: cache, layer: index, step: step,
      output: memory.attended.mutableSpan)
    try end(plans.attentionOutput, memory.attended, layer.attentionOutput, bias: layer.biases.attentionOutput)
  }

  /// The feed-forward block of one layer. Throws where there is no such layer.
  public func feedForward(layer index: Int) throws(TesseraError) {
    try check(layer: index)
    let (layer, plans) = (model.weights.layers[index], linears.layers[index])
    let memory = memory
    try normalize(layer.feedForwardNorm)
    let input = memory.normalized.span
    switch plans.gateAndUp {
    case .joined(let plan):
      try plan.run(
        input, gateWeight: layer.gate.bytes.bytes, upWeight: layer.up.bytes.bytes, output: memory.gate.mutableSpan)
    case .separate(let gate, let up):
      try gate.run(input, weight: layer.gate.bytes.bytes, output: memory.gate.mutableSpan)
      try up.run(input, weight: layer.up.bytes.bytes, output: memory.up.mutableSpan)
      try biases.feedForward.run(memory.gate, layer.biases.gate)
      try biases.feedForward.run(memory.up, layer.biases.up)
      try swiGLU.run(inPlace: memory.gate.mutableSpan, up: memory.up.span)
    }
    try end(plans.down, memory.gate, layer.down, bias: layer.biases.down)
  }

  /// Ends a block: its last map's result is added to the residual stream, or is pending.
  private func end(
    _ map: DecoderLinearPlans.BlockEnd, _ input: UnsafeMutableBufferPointer<Float>, _ weight: ModelTensor,
    bias: AlignedBuffer<Float>?
  ) throws(TesseraError) {
    let (memory, weight) = (memory, weight.bytes)
    switch map {
    case .adding(let plan):
      try plan.run(input.span, weight: weight.bytes, ontoResidual: memory.residual.mutableSpan)
      pending = .nothing
    case .pending(let plan):
      try plan.run(input.span, weight: weight.bytes, output: memory.pending.mutableSpan)
      pending = .result(bias: bias)
    }
  }

  /// Adds what is pending to the residual stream, and normalises the sum.
  private func normalize(_ norm: AlignedBuffer<Float>) throws(TesseraError) {
    let weight = norm.elements
    let memory = memory
    switch pending {
    case .nothing:
      try self.norm.run(memory.residual.span, weight: weight.span, output: memory.normalized.mutableSpan)
    case .result(nil):
      try addingNorm.run(
        memory.pending.span, bias: nil, addingTo: memory.residual.mutableSpan, weight: weight.span,
        output: memory.normalized.mutableSpan)
    case .result(let bias?):
      let bias = bias.elements
      try addingBiasedNorm.run(
        memory.pending.span, bias: bias.span, addingTo: memory.residual.mutableSpan, weight: weight.span,
        output: memory.normalized.mutableSpan)
    }
    pending = .nothing
  }

  /// Ends a pass: the vocabulary's logits of each sequence's last token, or of every token, a row each. Valid until the
  /// next pass, as long as this one is kept; the caller may change them.
  public func logits(ofEveryToken: Bool = false) throws(TesseraError) -> UnsafeMutableBufferPointer<Float> {
    try normalize(model.weights.outputNorm)
    let memory = memory
    let input = memory.normalized.span
    guard ofEveryToken else { return try lastTokens.run(input, model.weights.output) }
    let layout = MatrixLayout(rows: sequences * count, columns: model.configuration.width)
    if everyToken == nil { everyToken = try DecoderLogits(model.weights.output, input: layout, context: context) }
    return try everyToken!.run(input, model.weights.output)
  }

  private func check(layer: Int) throws(TesseraError) {
    guard model.weights.layers.indices.contains(layer) else {
      throw Self.invalid("layer", expected: "0 ..< \(model.weights.layers.count)", actual: "\(layer)")
    }
  }

  /// Tokens of a pass: no more than 2²⁴, so that no product with a width overflows.
  private static func rows(_ sequences: Int, _ count: Int) throws(TesseraError) -> Int {
    let (rows, overflow) = sequences.multipliedReportingOverflow(by: count)
    guard sequences >= 0, count >= 0, !overflow, rows <= 1 << 24 else {
      throw invalid("sequences and tokens", expected: "0 to \(1 << 24) in all", actual: "\(sequences) of \(count)")
    }
    return rows
  }

  private static func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: "decoder", operand: operand, expected: expected, actual: actual)
  }
}

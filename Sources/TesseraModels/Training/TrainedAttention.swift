import Tessera

/// Causal attention with rotary embedding on a joint matrix of queries, keys and values, and its gradients, planned.
struct TrainedAttention {
  typealias Matrix = UnsafeMutableBufferPointer<Float>

  let problem: AttentionProblem
  private let rotation, rotationBack: RotaryEmbeddingPlan
  private let forward: AttentionPlan
  private let backward: AttentionGradientPlan

  /// Columns of the joint matrix.
  static func columns(_ sizes: DecoderConfiguration) -> Int {
    (sizes.queryHeads + sizes.keyValueHeads) * sizes.headDimension + sizes.keyValueHeads * sizes.valueDimension
  }

  init(
    _ sizes: DecoderConfiguration, sequences: Int, length: Int, context: ExecutionContext
  ) throws(TesseraError) {
    let stride = Self.columns(sizes)
    /// Heads beside each other in the rows of the joint matrix.
    func heads(_ count: Int, _ columns: Int, from first: Int) -> BatchedMatrixLayout {
      BatchedMatrixLayout(
        planes: sequences * count, innerPlanes: count, rows: length, columns: columns, outerStride: length * stride,
        innerStride: columns, rowStride: stride, offset: first)
    }
    let (queryWidth, keyWidth) = (sizes.queryHeads * sizes.headDimension, sizes.keyValueHeads * sizes.headDimension)
    var problem = AttentionProblem(
      batch: sequences, queryHeads: sizes.queryHeads, keyValueHeads: sizes.keyValueHeads, queryLength: length,
      headDimension: sizes.headDimension, valueDimension: sizes.valueDimension, order: .rowsFirst)
    problem.mask = .causal()
    problem.writesLogSumExp = true
    problem.queries = heads(sizes.queryHeads, sizes.headDimension, from: 0)
    problem.keys = heads(sizes.keyValueHeads, sizes.headDimension, from: queryWidth)
    problem.values = heads(sizes.keyValueHeads, sizes.valueDimension, from: queryWidth + keyWidth)
    problem.gradients.queries = problem.queries
    problem.gradients.keys = problem.keys
    problem.gradients.values = problem.values
    self.problem = problem
    forward = try AttentionPlan(for: problem, context: context)
    backward = try AttentionGradientPlan(for: problem, context: context)
    let table = try RotaryTable(
      positions: length, rotatedColumns: sizes.rotaryColumns, base: sizes.rotaryBase, frequencyScale: sizes.rotaryScale)
    // Queries and keys lie beside each other and are turned alike.
    let rotated = heads(sizes.queryHeads + sizes.keyValueHeads, sizes.headDimension, from: 0)
    func rotation(_ table: RotaryTable) throws(TesseraError) -> RotaryEmbeddingPlan {
      try RotaryEmbeddingPlan(
        table, pairing: sizes.rotaryPairing, input: rotated, output: rotated, sequences: sequences, context: context)
    }
    self.rotation = try rotation(table)
    rotationBack = try rotation(table.negated())
  }

  /// Rotates queries and keys of the joint matrix in place, and attends.
  func run(_ joint: Matrix, output: Matrix, keeping kept: AttentionSavedTensors) throws(TesseraError) {
    try rotation.run(inPlace: joint.mutableSpan)
    try forward.run(
      queries: joint.span, keys: joint.span, values: joint.span, output: output.mutableSpan, keeping: kept)
  }

  /// The gradient of the joint matrix as it was before the rotation.
  func gradient(
    _ outputGradient: Matrix, joint: Matrix, output: Matrix, kept: AttentionSavedTensors, to jointGradient: Matrix
  ) throws(TesseraError) {
    try backward.run(
      queries: joint.span, keys: joint.span, values: joint.span, output: output.span, kept: kept,
      outputGradient: outputGradient.span, queriesGradient: jointGradient.mutableSpan,
      keysGradient: jointGradient.mutableSpan, valuesGradient: jointGradient.mutableSpan)
    try rotationBack.run(inPlace: jointGradient.mutableSpan)
  }
}

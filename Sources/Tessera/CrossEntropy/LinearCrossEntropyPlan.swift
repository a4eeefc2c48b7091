import CTesseraKernels

/// Softmax cross-entropy of a linear map's output, planned: the loss, and in training the gradients of the map's input
/// and weights, without ever holding all logits.
///
///     logit[r][c] = Σ_k input[r][k] · weight[c][k]
///     q[r][c] = (1 − labelSmoothing) · (c = target[r]) + labelSmoothing / columns
///     losses[r] = −Σ_c q[r][c] · ln softmax(logit[r])[c],  0 of an ignored target
///     loss = scale · Σ_r losses[r],  of the mean over the number of rows that count
///     g[r][c] = dloss/dlogit[r][c] = scale / count · (softmax(logit[r])[c] − q[r][c])
///     inputGradient[r][k] = Σ_c g[r][c] · weight[c][k],  weightGradient[c][k] = Σ_r g[r][c] · input[r][k]
///
/// Rows are taken in chunks, whose logits become their own gradients in place. Products have the engine's bits, that of
/// the input's gradient adds up chains of 128 columns, and losses are added in double precision in the order of rows:
/// neither chunks nor threads change a bit. Of a row that is ignored nothing is used; where all are, loss and gradients
/// are 0. A plan has working memory: it runs one call at a time. Wijmans et al., "Cut Your Losses in Large-Vocabulary
/// Language Models" (ICLR 2025), holds logits in tiles likewise.
public final class LinearCrossEntropyPlan {
  /// Rows whose logits are held at a time.
  public var rowsPerChunk: Int { memory.rowsPerChunk }
  /// Memory that the plan holds beyond the operands: a chunk's logits and inputs, and that of the products.
  public var workspaceBytes: Int { memory.byteCount + workspace.byteCount }

  let layouts: Layouts
  let options: CrossEntropyOptions
  let isPacked: Bool
  let mode: ExecutionMode
  let descriptor: OperatorDescriptor
  let memory: LinearCrossEntropyMemory
  /// The first, those between, and the last, which may be the same.
  let chunks: [LinearCrossEntropyChunk]
  let chunkCount: Int
  let kernel: tsr_f32_cross_entropy_kernel
  let context: ExecutionContext
  private let workspace: GemmWorkspace

  struct Layouts {
    var input, weight, inputGradient, weightGradient: MatrixLayout
  }

  var extents: Extents {
    [.rows: layouts.input.rows, .columns: layouts.weight.rows, .depth: layouts.weight.columns]
  }

  /// input: rows × depth; weight: columns × depth, a row for each column of the logits; gradients lie likewise, without
  /// gaps unless layouts say otherwise. What is read may have any row stride. Inference gives losses alone. `isPacked`:
  /// weights come as `PackedWeights`. `accumulates`: the weights' gradient is added to what is there. `workspace`, of
  /// at least the context's threads, may be shared with plans that do not run at the same time; nil takes one. Throws
  /// where extents disagree or do not fit in memory, and for options out of range.
  public init(
    input: MatrixLayout, weight: MatrixLayout, isPacked: Bool = false, mode: ExecutionMode = .training,
    inputGradient: MatrixLayout? = nil, weightGradient: MatrixLayout? = nil, accumulates: Bool = false,
    options: CrossEntropyOptions = CrossEntropyOptions(), workspace: GemmWorkspace? = nil,
    context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    let hasGradients = mode == .training
    descriptor = .linearCrossEntropy(mode, accumulates: hasGradients && accumulates)
    let (rows, columns, depth) = (input.rows, weight.rows, input.columns)
    layouts = Layouts(
      input: input, weight: weight, inputGradient: inputGradient ?? input.contiguous,
      weightGradient: weightGradient ?? weight.contiguous)
    let place = OperandPlacement(operation: descriptor.name)
    try place.check(
      rows: rows, columns: depth, [("input", input, false), ("input-gradient", layouts.inputGradient, true)])
    try place.check(
      rows: columns, columns: depth, [("weight", weight, false), ("weight-gradient", layouts.weightGradient, true)])
    try descriptor.checkSize([.rows: rows, .columns: columns, .depth: depth])
    guard columns <= Int(Int32.max) else {
      throw .invalidOperand(
        operation: descriptor.name, operand: "weight", expected: "at most \(Int32.max) rows", actual: "\(columns)")
    }
    try options.check(operation: descriptor.name)
    (self.options, self.isPacked, self.mode, self.context) = (options, isPacked, mode, context)
    kernel = CrossEntropyKernels.variants.best(for: context.instructionSet).cross_entropy
    let shared = workspace ?? GemmWorkspace(threadCount: context.pool.threadCount)
    self.workspace = shared
    let memory = try LinearCrossEntropyMemory(
      rows: rows, columns: columns, depth: depth, rowsPerChunk: options.rowsPerChunk)
    self.memory = memory
    let size = max(1, memory.rowsPerChunk)
    // Without rows there is one, of none, which leaves no gradient of the weights.
    chunkCount = max(1, (rows + size - 1) / size)
    var chunks: [LinearCrossEntropyChunk] = []
    for index in Set([0, min(1, chunkCount - 1), chunkCount - 1]).sorted() {
      let isLater = index > 0
      chunks.append(
        try LinearCrossEntropyChunk(
          rows: min(rows, (index + 1) * size) - index * size, layouts, memory, isPacked: isPacked,
          hasGradients: hasGradients, accumulates: accumulates || isLater, workspace: shared, context: context))
    }
    self.chunks = chunks
  }

  /// The loss. `losses` has an element a row and shares memory with nothing. Throws before anything is written where
  /// memory is short or shared, or a target that counts is no column.
  public func run(
    _ input: Span<Float>, weight: Span<Float>, targets: Span<Int32>, losses: consuming MutableSpan<Float>
  ) throws(TesseraError) -> Float {
    var losses = losses
    var loss: Float = 0
    try input.withBuffer { input throws(TesseraError) in
      try weight.withBuffer { weight throws(TesseraError) in
        try targets.withBuffer { targets throws(TesseraError) in
          try losses.withMutableBuffer { losses throws(TesseraError) in
            loss = try run(
              LinearCrossEntropyOperands(input: input, weight: .rows(weight), targets: targets, losses: losses))
          }
        }
      }
    }
    return loss
  }

  /// The same with weights that were packed for the map.
  public func run(
    _ input: Span<Float>, weight: PackedWeights, targets: Span<Int32>, losses: consuming MutableSpan<Float>
  ) throws(TesseraError) -> Float {
    var losses = losses
    var loss: Float = 0
    try input.withBuffer { input throws(TesseraError) in
      try targets.withBuffer { targets throws(TesseraError) in
        try losses.withMutableBuffer { losses throws(TesseraError) in
          loss = try run(
            LinearCrossEntropyOperands(input: input, weight: .packed(weight), targets: targets, losses: losses))
        }
      }
    }
    return loss
  }
}

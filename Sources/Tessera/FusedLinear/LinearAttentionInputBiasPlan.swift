/// The joint projection of queries, keys and values, with its bias and the split into heads applied while its result is
/// in the cache, planned.
///
/// `AttentionInputBiasProblem` has the formula of what follows the product
/// Σ_k input[b·L + i][k] · weight[c][k]. The same bits as `LinearPlan` and `AttentionInputBiasPlan` one after the
/// other, for every number of threads. A plan has working memory: it runs one call at a time.
public final class LinearAttentionInputBiasPlan {
  let map: LinearMap
  private let split: AttentionInputBiasPlan
  private let context: ExecutionContext

  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { map.workspace.byteCount }

  /// input: B·L rows of any depth; weight: (Hq + 2·Hkv)·D rows of that depth, or packed so. Where the problem's input
  /// would lie says nothing: the product is not stored. `workspace`, of at least the context's threads, may be shared
  /// with plans that do not run at the same time; nil takes one. Throws where layouts disagree or do not fit in memory.
  public init(
    _ problem: AttentionInputBiasProblem, input: MatrixLayout, weight: MatrixLayout, isPacked: Bool = false,
    workspace: GemmWorkspace? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    let descriptor = OperatorDescriptor.linearAttentionInputBias
    try descriptor.checkSize(Self.extents(problem, depth: input.columns))
    split = try AttentionInputBiasPlan(problem, operation: descriptor.name, context: context)
    let product = problem.input
    for (operand, rows, expected) in [("input", input.rows, product.rows), ("weight", weight.rows, product.columns)] {
      guard rows == expected else {
        throw .invalidOperand(
          operation: descriptor.name, operand: operand, expected: "\(expected) rows", actual: "\(rows)")
      }
    }
    map = try LinearMap(
      descriptor, input: input, weight: weight, form: isPacked ? .packed : .rows,
      finish: .columns,
      workspace: workspace ?? GemmWorkspace(threadCount: context.pool.threadCount), context: context)
    self.context = context
  }

  /// bias: a value for each row of the weight; outputs lie as the problem's layouts say, share memory with nothing
  /// else, and may be parts of one tensor. Throws before anything is written.
  public func run(
    _ input: Span<Float>, weight: Span<Float>, bias: Span<Float>, queries: consuming MutableSpan<Float>,
    keys: consuming MutableSpan<Float>, values: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var queries = queries
    var keys = keys
    var values = values
    try LinearWeight.with(weight) { weight throws(TesseraError) in
      try run(input, weight, bias, &queries, &keys, &values)
    }
  }

  /// The same with weights that were packed for the plan's shape and instruction set.
  public func run(
    _ input: Span<Float>, weight: PackedWeights, bias: Span<Float>, queries: consuming MutableSpan<Float>,
    keys: consuming MutableSpan<Float>, values: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var queries = queries
    var keys = keys
    var values = values
    try run(input, .packed(weight), bias, &queries, &keys, &values)
  }

  private func run(
    _ input: Span<Float>, _ weight: LinearWeight, _ bias: Span<Float>, _ queries: inout MutableSpan<Float>,
    _ keys: inout MutableSpan<Float>, _ values: inout MutableSpan<Float>
  ) throws(TesseraError) {
    try input.withBuffer { input throws(TesseraError) in
      try bias.withBuffer { bias throws(TesseraError) in
        try queries.withMutableBuffer { queries throws(TesseraError) in
          try keys.withMutableBuffer { keys throws(TesseraError) in
            try values.withMutableBuffer { values throws(TesseraError) in
              try run(.init(input: input, bias: bias, outputs: [queries, keys, values]), weight)
            }
          }
        }
      }
    }
  }

  /// Checks the operands, then runs; nothing is written when it throws. The operands' input is the map's.
  func run(_ others: AttentionInputBiasPlan.Operands, _ weight: LinearWeight) throws(TesseraError) {
    let descriptor = OperatorDescriptor.linearAttentionInputBias
    let (placedInput, placedWeight, operands) = try map.place(others.input, weight)
    try checkVector(others.bias.count, expected: map.columns, operation: descriptor.name, operand: "bias")
    let outputs = try split.placeOutputs(others, operation: descriptor.name)
    try checkOverlap(
      descriptor,
      reads: [
        placedInput, placedWeight, PlacedMatrix("bias", others.bias, MatrixLayout(rows: 1, columns: map.columns)),
      ], writes: outputs)
    let traffic = map.product.run(operands, finishing: split.epilogue(others))
    context.ledger?.record(
      descriptor, extents: Self.extents(split.problem, depth: map.input.columns), mode: .training, traffic: traffic)
  }

  private static func extents(_ problem: AttentionInputBiasProblem, depth: Int) -> Extents {
    var extents = problem.extents
    extents[.depth] = depth
    return extents
  }
}

import CTesseraKernels

/// The bias of queries, keys and values with the split into heads in one pass over memory (the paper's AIB), planned.
///
/// `AttentionInputBiasProblem` has the formula. A plan has no scratch; it may run many calls at a time. Nothing is kept
/// for the backward pass, which needs no more than the outputs' gradients.
/// Ivanov et al., "Data Movement Is All You Need" (MLSys 2021), section 4.
public struct AttentionInputBiasPlan: Sendable {
  let problem: AttentionInputBiasProblem
  let kernel: tsr_f32_attention_input_bias_kernel
  private let partition: RowPartition
  private let residency: RowResidency
  private let usesNonTemporalStores: Bool
  let context: ExecutionContext

  /// Throws where layouts disagree or do not fit.
  public init(_ problem: AttentionInputBiasProblem, context: ExecutionContext? = nil) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    try self.init(problem, operation: OperatorDescriptor.attentionInputBias.name, context: context)
  }

  /// The same for another operator's result, in whose name errors are.
  init(_ problem: AttentionInputBiasProblem, operation: String, context: ExecutionContext) throws(TesseraError) {
    try problem.check(operation: operation)
    self.problem = problem
    self.context = context
    kernel = AttentionInputBiasKernels.variants.best(for: context.instructionSet).attention_input_bias
    let rowBytes = ElementType.float32.byteCount(ofElements: problem.input.columns)
    residency = RowResidency(
      passes: [
        .init(
          reads: [.init("input", bytes: rowBytes, .perRow), .init("bias", bytes: rowBytes, .shared)],
          writes: [.init("output", bytes: rowBytes, .perRow)])
      ], capacity: context.fastMemoryBytes)
    partition = RowPartition(rows: problem.input.rows, bytesPerRow: 2 * rowBytes)
    usesNonTemporalStores = problem.input.rows * 2 * rowBytes > context.fastMemoryBytes
  }

  /// Operands lie as the layouts say; bias: as many values as a token's row. Outputs share memory with nothing else,
  /// but may be parts of one tensor. Throws before anything is written where a span is too short.
  public func run(
    _ input: Span<Float>, bias: Span<Float>, queries: consuming MutableSpan<Float>,
    keys: consuming MutableSpan<Float>, values: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var queries = queries
    var keys = keys
    var values = values
    try input.withBuffer { input throws(TesseraError) in
      try bias.withBuffer { bias throws(TesseraError) in
        try queries.withMutableBuffer { queries throws(TesseraError) in
          try keys.withMutableBuffer { keys throws(TesseraError) in
            try values.withMutableBuffer { values throws(TesseraError) in
              try run(.init(input: input, bias: bias, outputs: [queries, keys, values]))
            }
          }
        }
      }
    }
  }

  /// The same where all outputs are parts of `matrix`, which is the input too for a problem that is `inPlace`.
  public func run(inPlace matrix: consuming MutableSpan<Float>, bias: Span<Float>) throws(TesseraError) {
    var matrix = matrix
    try bias.withBuffer { bias throws(TesseraError) in
      try matrix.withMutableBuffer { matrix throws(TesseraError) in
        try run(.init(input: UnsafeBufferPointer(matrix), bias: bias, outputs: [matrix, matrix, matrix]))
      }
    }
  }

  struct Operands {
    var input: UnsafeBufferPointer<Float>
    var bias: UnsafeBufferPointer<Float>
    /// Queries, keys, values.
    var outputs: InlineArray<3, UnsafeMutableBufferPointer<Float>>
  }

  /// Checks the operands, then runs; nothing is written when it throws.
  func run(_ operands: Operands) throws(TesseraError) {
    let streams = try !check(operands) && usesNonTemporalStores
    let traffic = context.pool.run(
      itemCount: problem.input.columns == 0 ? 0 : partition.itemCount, order: .neighbouring
    ) { item, worker in
      let tokens = partition.rows(ofItem: item)
      // A kernel call stays inside one sequence, whose tokens are at equal distances.
      var start = tokens.lowerBound
      while start < tokens.upperBound {
        let sequence = start / problem.length
        let end = min(tokens.upperBound, (sequence + 1) * problem.length)
        var block = block(operands, sequence: sequence, tokens: start..<end)
        block.streaming = streams
        kernel(&block)
        start = end
      }
      worker.count(residency.traffic(rows: tokens.count))
    }
    context.ledger?.record(.attentionInputBias, extents: problem.extents, mode: .training, traffic: traffic)
  }

  private func block(_ operands: Operands, sequence: Int, tokens: Range<Int>) -> tsr_attention_input_bias_f32 {
    let token = tokens.lowerBound - sequence * problem.length
    func group(_ index: Int) -> tsr_head_group_f32 {
      let heads = problem.outputs[index].heads
      return self.group(operands, index, sequence: sequence, token: token, heads: 0..<heads)
    }
    var block = tsr_attention_input_bias_f32()
    block.tokens = tokens.count
    block.input = operands.input.baseAddress! + problem.input.offset + tokens.lowerBound * problem.input.rowStride
    block.input_stride = problem.input.rowStride
    block.bias = operands.bias.baseAddress
    block.groups = (group(0), group(1), group(2))
    return block
  }

  /// Some heads of queries, keys or values, from a token of a sequence on; of their columns these, or all.
  func group(
    _ operands: Operands, _ index: Int, sequence: Int, token: Int, heads: Range<Int>, columns: Range<Int>? = nil
  ) -> tsr_head_group_f32 {
    guard !heads.isEmpty else { return tsr_head_group_f32() }
    let (_, layout, allHeads) = problem.outputs[index]
    let columns = columns ?? 0..<layout.columns
    let distance = layout.stride(ofHeads: allHeads)!
    let first = layout.start(ofPlane: sequence * allHeads) + token * layout.rowStride
    // Heads that stay side by side are one run.
    let areJoined = distance == columns.count
    return tsr_head_group_f32(
      heads: areJoined ? 1 : heads.count, columns: areJoined ? heads.count * columns.count : columns.count,
      output: operands.outputs[index].baseAddress! + first + heads.lowerBound * distance + columns.lowerBound,
      head_stride: areJoined ? 0 : distance, token_stride: layout.rowStride)
  }
}

extension AttentionInputBiasPlan {
  /// Whether the call is in place.
  private func check(_ operands: Operands) throws(TesseraError) -> Bool {
    let name = OperatorDescriptor.attentionInputBias.name
    let input = problem.input
    try input.check(
      rows: input.rows, columns: input.columns, count: operands.input.count, written: false, operation: name,
      operand: "input")
    try checkVector(operands.bias.count, expected: input.columns, operation: name, operand: "bias")
    let outputs = try placeOutputs(operands, operation: name)
    let isInPlace = try checkOverlap(
      .attentionInputBias,
      reads: [
        inputPart(operands, 0), inputPart(operands, 1), inputPart(operands, 2),
        PlacedMatrix("bias", operands.bias, MatrixLayout(rows: 1, columns: input.columns)),
      ],
      writes: outputs)
    // Each output may be the part of the input that it is made from, never another's: that would be read after it is
    // written.
    for index in outputs.indices {
      for other in outputs.indices where other != index && outputs[index].overlaps(inputPart(operands, other)) {
        let (operand, layout, _) = problem.outputs[index]
        throw .invalidOperand(
          operation: name, operand: operand, expected: "memory apart from the input of the other two",
          actual: "overlapping memory, \(layout)")
      }
    }
    return isInPlace
  }

  /// Where queries, keys and values lie. Throws where one's memory is too short.
  func placeOutputs(
    _ operands: Operands, operation: String
  ) throws(TesseraError) -> InlineArray<3, PlacedMatrix> {
    func placed(_ index: Int) throws(TesseraError) -> PlacedMatrix {
      let (operand, layout, _) = problem.outputs[index]
      let buffer = operands.outputs[index]
      try checkVector(buffer.count, expected: layout.requiredCount!, operation: operation, operand: operand)
      return PlacedMatrix(operand, UnsafeBufferPointer(buffer), place(layout))
    }
    return [try placed(0), try placed(1), try placed(2)]
  }

  /// The columns of the input that an output is made from.
  private func inputPart(_ operands: Operands, _ index: Int) -> PlacedMatrix {
    let dimension = problem.headDimension
    let (queries, others) = (problem.queryHeads * dimension, problem.keyValueHeads * dimension)
    var layout = problem.input
    layout.columns = index == 0 ? queries : others
    layout.offset += index == 0 ? 0 : queries + (index - 1) * others
    return PlacedMatrix("input", operands.input, layout)
  }

  /// An output as the token rows that it is a run of columns of, or else everything from its first element to its last.
  private func place(_ layout: BatchedMatrixLayout) -> MatrixLayout {
    let heads = problem.batch == 0 ? 0 : layout.planes / problem.batch
    let required = layout.requiredCount!
    guard required > 0, heads <= 1 || layout.stride(ofHeads: heads) == layout.columns,
      problem.batch == 1 || layout.start(ofPlane: heads) - layout.offset == layout.rows * layout.rowStride
    else { return MatrixLayout(rows: 1, columns: max(0, required - layout.offset), offset: layout.offset) }
    return MatrixLayout(
      rows: problem.batch * layout.rows, columns: heads * layout.columns, rowStride: layout.rowStride,
      offset: layout.offset)
  }
}

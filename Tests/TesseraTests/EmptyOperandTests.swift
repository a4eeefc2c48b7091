import Tessera
import Testing

/// An extent of 0 leaves operands without elements and without an address; every operator takes that.
@Suite struct EmptyOperandTests {
  private static let sets = InstructionSet.allCases.filter(\.isAvailable)

  @Test(arguments: CatalogCall.all, sets)
  func operandsWithoutAddress(call: CatalogCall, instructionSet: InstructionSet) throws {
    let context = try ExecutionContext(pool: WorkerPool(threadCount: 2), instructionSet: instructionSet)
    let descriptor = call.entry.descriptor
    // Attention has no call without dimensions, and without key-value heads none with query heads. A table without rows
    // has none to ask for, and no columns are no targets.
    let never: [Extent] =
      ["attention", "attention-gradients"].contains(descriptor.name)
      ? [.headDimension, .valueDimension, .keyValueHeads]
      : descriptor.name == "linear-cross-entropy" ? [.columns] : [.vocabulary]
    for empty in descriptor.extents where !empty.isDerived && !never.contains(empty) {
      for mode in ExecutionMode.allCases {
        var extents: Extents = [
          .planes: 2, .rows: 3, .columns: 4, .depth: 5, .batch: 2, .queryHeads: 4, .keyValueHeads: 2, .queryLength: 3,
          .keyLength: 5, .headDimension: 4, .valueDimension: 6, .vocabulary: 7,
        ]
        extents[empty] = 0
        var request = OperatorRequest(extents: extents)
        request.mode = mode
        let storage = try OperandStorage(descriptor, extents: extents, mode: mode)
        var buffers = OperandBuffers()
        for operand in descriptor.reads + descriptor.writes(in: mode) where operand.elementCount(extents) > 0 {
          buffers[operand.name] = storage.buffers[operand.name]
        }
        try call.entry.prepare(request, context: context).run(buffers)
        let writesStatistics = descriptor.writes(in: mode).contains { $0.name == "mean" }
        if empty == .columns, writesStatistics, let mean = buffers["mean"], let inverse = buffers["inverse-deviation"] {
          #expect(mean.bindMemory(to: Float.self).allSatisfy { $0 == 0 })
          let expected = 1 / request.epsilon.squareRoot()
          #expect(inverse.bindMemory(to: Float.self).allSatisfy { abs($0 - expected) <= 1e-6 * expected })
        }
      }
    }
  }

  @Test(arguments: sets, [MatrixLayout(rows: 3, columns: 0), MatrixLayout(rows: 0, columns: 3)])
  func emptySpansAtEveryDoor(instructionSet: InstructionSet, layout: MatrixLayout) throws {
    let context = try ExecutionContext(pool: WorkerPool(threadCount: 2), instructionSet: instructionSet)
    let empty: [Float] = []
    let vector = [Float](repeating: 1, count: 3)
    var out: [Float] = []
    var mask: [UInt8] = []
    let draws = try Dropout(probability: 0.5, seed: 1)
    try relu(empty.span, layout, output: out.mutableSpan, context: context)
    try scale(empty.span, layout, by: 2, output: out.mutableSpan, context: context)
    try addBias(empty.span, layout, bias: vector.span, output: out.mutableSpan, context: context)
    try addResidual(empty.span, layout, residual: empty.span, output: out.mutableSpan, context: context)
    try dropout(empty.span, layout, draws, output: out.mutableSpan, mask: mask.mutableSpan, context: context)
    try activate(empty.span, layout, with: .gelu, output: out.mutableSpan, context: context)
    try gatedActivation(.silu, gate: empty.span, layout, up: empty.span, output: out.mutableSpan, context: context)
    var second: [Float] = []
    try gatedActivationGradient(
      .silu, empty.span, layout, gate: empty.span, up: empty.span, gateGradient: out.mutableSpan,
      upGradient: second.mutableSpan, context: context)
    let ids = [Int32](repeating: 0, count: layout.rows)
    try embeddingRowsGradient(
      ids: ids.span, empty.span, layout, tableGradient: out.mutableSpan, vocabulary: layout.columns == 0 ? 2 : 0,
      context: context)
    try BiasActivationDropoutPlan(.relu, input: layout, dropout: draws, mode: .training, context: context)
      .run(empty.span, bias: vector.span, output: out.mutableSpan)
    try BiasDropoutResidualPlan(input: layout, dropout: draws, mode: .training, context: context)
      .run(empty.span, bias: vector.span, residual: empty.span, output: out.mutableSpan)
    try softmax(empty.span, layout, output: out.mutableSpan, context: context)
    try scaledMaskedSoftmaxDropout(
      empty.span, layout, mask: .causal(), dropout: draws, output: out.mutableSpan,
      keeping: .init(rows: layout.rows, columns: layout.columns), context: context)
    try layerNorm(
      empty.span, layout, weight: vector.span, shift: vector.span, output: out.mutableSpan, context: context)
    for mode in ExecutionMode.allCases {
      try BiasDropoutResidualLayerNormPlan(input: layout, dropout: draws, mode: mode, context: context).run(
        empty.span, bias: vector.span, residual: empty.span, weight: vector.span, shift: vector.span,
        output: out.mutableSpan, keeping: .init(rows: layout.rows, columns: layout.columns))
    }
    try linear(
      empty.span, layout, weight: empty.span, weightLayout: MatrixLayout(rows: 0, columns: layout.columns),
      output: out.mutableSpan, context: context)
    let none = MatrixLayout(rows: layout.columns, columns: 0)
    try linearInputGradient(
      empty.span, layout, weight: empty.span, weightLayout: none, inputGradient: out.mutableSpan, context: context)
    try linearWeightGradient(
      empty.span, layout, input: empty.span, inputLayout: MatrixLayout(rows: layout.rows, columns: 0),
      weightGradient: out.mutableSpan, context: context)
    try BatchedContractionPlan(
      left: .init(planes: 2, rows: layout.rows, columns: layout.columns),
      right: .init(planes: 2, rows: layout.columns, columns: 0), context: context
    ).run(empty.span, empty.span, output: out.mutableSpan)
  }

  /// Many rows of no columns are many rows to skip, wherever their stride says that they start.
  @Test func rowsOfNoColumns() throws {
    let empty: [Float] = []
    var out: [Float] = []
    let layout = MatrixLayout(rows: 1 << 40, columns: 0, rowStride: .max)
    try layerNorm(
      empty.span, layout, weight: empty.span,
      shift: empty.span, output: out.mutableSpan)
    try softmax(empty.span, layout, output: out.mutableSpan)
    try scaledMaskedSoftmaxDropout(empty.span, layout, mask: .causal(), output: out.mutableSpan)
    try relu(empty.span, layout, output: out.mutableSpan)
  }

  @Test func layerNormAloneNeedsNoWorkspaceAndDrawsNothing() throws {
    let entry = try OperatorCatalog.entry(named: "layer-norm")
    let context = try ExecutionContext(pool: WorkerPool(threadCount: 1))
    let prepared = try entry.prepare(OperatorRequest(extents: [.rows: 2, .columns: 64]), context: context)
    #expect(prepared.workspaceBytes == 0)
    // More rows than a counter word of dropout holds.
    _ = try entry.prepare(OperatorRequest(extents: [.rows: 1 << 33, .columns: 1]), context: context)
  }

  @Test func buffersKeepTheirMemory() throws {
    weak var storage: OperandStorage?
    var buffers = OperandBuffers()
    do {
      let made = try OperandStorage(.relu, extents: [.rows: 64, .columns: 64], mode: .training)
      storage = made
      buffers = made.buffers
    }
    #expect(storage == nil)
    let entry = try OperatorCatalog.entry(named: "relu")
    try entry.prepare(
      OperatorRequest(extents: [.rows: 64, .columns: 64]), context: ExecutionContext(pool: WorkerPool(threadCount: 1))
    )
    .run(buffers)
    #expect(try #require(buffers["output"]).bindMemory(to: Float.self).allSatisfy { $0 >= 0 })
  }
}

import Tessera
import Testing

/// What the gradients of norms promise beyond agreement with the oracle.
@Suite struct NormalizationGradientTests {
  private static let sets = InstructionSet.allCases.filter(\.isAvailable)

  private func numbers(_ count: Int, seed: UInt64) throws -> [Float] {
    let buffer = try AlignedBuffer<Float>(uninitializedCount: count)
    fillUniform(buffer.elements, seed: seed)
    return Array(buffer.elements)
  }

  private func context(_ set: InstructionSet, threads: Int = 2) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: set)
  }

  /// What the forward call kept is all that is needed, and what it dropped has no gradient.
  @Test(arguments: sets) func backFromTheForwardCall(set: InstructionSet) throws {
    let (rows, columns) = (23, 77)
    let (layout, context) = (MatrixLayout(rows: rows, columns: columns), try context(set))
    let dropout = try Dropout(probability: 0.3, seed: 5, offset: 9)
    let (input, residual) = (try numbers(rows * columns, seed: 1), try numbers(rows * columns, seed: 2))
    let (bias, weight) = (try numbers(columns, seed: 3), try numbers(columns, seed: 4))
    let gradient = try numbers(rows * columns, seed: 5)
    let kept = try BiasDropoutResidualLayerNormSavedTensors(rows: rows, columns: columns)
    var output = [Float](repeating: 0, count: rows * columns)
    try BiasDropoutResidualLayerNormPlan(input: layout, dropout: dropout, mode: .training, context: context).run(
      input.span, bias: bias.span, residual: residual.span, weight: weight.span, shift: bias.span,
      output: output.mutableSpan, keeping: kept)
    var ofResidual = [Float](repeating: .nan, count: rows * columns)
    var ofInput = ofResidual
    var alone = ofResidual
    try biasDropoutResidualLayerNormGradient(
      gradient.span, layout, kept: kept, weight: weight.span, dropout: dropout,
      residualGradient: ofResidual.mutableSpan, inputGradient: ofInput.mutableSpan, context: context)
    try BiasDropoutResidualLayerNormGradientPlan(outputGradient: layout, dropout: nil, context: context).run(
      gradient.span, kept: kept, weight: weight.span, residualGradient: alone.mutableSpan)
    #expect(alone == ofResidual)
    for row in 0..<rows {
      let line = ofResidual[row * columns..<(row + 1) * columns]
      // The output does not change where a constant is added to the sum, or the deviations grow.
      #expect(abs(line.reduce(0) { $0 + Double($1) }) < 1e-4)
      for column in 0..<columns {
        let isKept = dropout.keeps(row: row, column: column)
        #expect(
          ofInput[row * columns + column] == (isKept ? ofResidual[row * columns + column] * dropout.keepScale : 0))
      }
    }
  }

  /// 100,000 rows: beside a sum above 2²³ a float has no place for 0.1.
  @Test(arguments: sets) func columnSumsOfManyRowsAreAccurate(set: InstructionSet) throws {
    let (rows, columns) = (100_000, 3)
    let layout = MatrixLayout(rows: rows, columns: columns)
    let kept = try BiasDropoutResidualLayerNormSavedTensors(rows: rows, columns: columns)
    kept.sum.elements.update(repeating: 2)
    kept.mean.elements.update(repeating: 1)
    kept.inverseDeviation.elements.update(repeating: 2)
    let gradient = (0..<rows * columns).map { Float($0 / columns % 7 == 0 ? 1000.125 : 0.1) }
    var expected = 0.0
    for row in 0..<rows { expected += Double(gradient[row * columns]) }
    var first: [Float]?
    for threads in [1, 3] {
      var weight = [Float](repeating: .nan, count: columns)
      var shift = weight
      try layerNormParameterGradients(
        gradient.span, layout, kept: kept, weightGradient: weight.mutableSpan, shiftGradient: shift.mutableSpan,
        context: context(set, threads: threads))
      for column in 0..<columns {
        #expect(abs(Double(shift[column]) - expected) <= 4e-6 * expected)
        #expect(abs(Double(weight[column]) - 2 * expected) <= 8e-6 * expected)
      }
      #expect(first == nil || first == weight + shift)
      first = weight + shift
    }
  }

  /// 300 rows of 100 columns, counted by hand.
  @Test func bytesByHand() throws {
    struct Call {
      var label: String
      /// Rows of 400 bytes that each row reads and writes, bytes of its statistics, rows of results, an element's
      /// FLOPs, and items.
      var reads: Int, writes: Int, statistics = 8, shared = 0, results = 0, flops: Int, items: Int
      var adds = false
    }
    let calls = [
      // Four streams of 400 bytes: 64 KiB are 40 rows, each item reads the weight.
      Call(label: "BLNRD", reads: 2, writes: 2, shared: 1, flops: 11, items: 8),
      Call(label: "BLNRD", reads: 3, writes: 2, shared: 1, flops: 12, items: 10, adds: true),
      // 128 rows and a multiple make an item.
      Call(label: "BSB", reads: 2, writes: 0, results: 2, flops: 5, items: 3),
      Call(label: "EBSB", reads: 4, writes: 1, results: 3, flops: 7, items: 3),
      Call(label: "rms-norm-parameter-gradients", reads: 2, writes: 0, statistics: 4, results: 1, flops: 3, items: 3),
    ]
    for call in calls {
      let ledger = Ledger()
      let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 1 << 20)
      var request = OperatorRequest(extents: [.rows: 300, .columns: 100])
      if call.adds { request.returnsSum = true }
      let entry = try OperatorCatalog.entry(named: call.label)
      let descriptor = entry.descriptor(for: request)
      let storage = try OperandStorage(descriptor, extents: request.extents, mode: .training)
      try entry.prepare(request, context: context).run(storage.buffers)
      let recorded = try #require(ledger.entries[descriptor.name])
      let reads = 300 * (call.reads * 400 + call.statistics)
      let writes = 300 * call.writes * 400 + call.results * 400
      #expect(
        recorded.traffic
          == Traffic(
            readBytes: reads + call.items * call.shared * 400, writtenBytes: writes, updates: call.items), "\(call)")
      #expect(recorded.leastBytes == reads + call.shared * 400 + writes, "\(call)")
      #expect(recorded.floatingPointOperations == 30_000 * call.flops, "\(call)")
    }
  }
}

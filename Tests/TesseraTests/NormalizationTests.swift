import Tessera
import Testing

/// What the norms promise beyond agreement with the oracle.
@Suite struct NormalizationTests {
  private static let sets = InstructionSet.allCases.filter(\.isAvailable)
  private static let layout = MatrixLayout(rows: 21, columns: 77)
  private static let count = 21 * 77

  private func numbers(_ count: Int, seed: UInt64) throws -> AlignedBuffer<Float> {
    let buffer = try AlignedBuffer<Float>(uninitializedCount: count)
    fillUniform(buffer.elements, seed: seed)
    return buffer
  }

  private func context(_ set: InstructionSet, ledger: Ledger? = nil) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set, ledger: ledger)
  }

  /// The sum has the bits of the separate operators, the output those of the norm of it, wherever the sum goes.
  @Test(arguments: sets, [true, false])
  func theSumIsReturnedApartAndInPlace(set: InstructionSet, hasBias: Bool) throws {
    let (layout, count, context) = (Self.layout, Self.count, try context(set))
    let (input, residual) = (try numbers(count, seed: 1), try numbers(count, seed: 2))
    let (bias, weight, shift) = (try numbers(77, seed: 3), try numbers(77, seed: 4), try numbers(77, seed: 5))
    var biased = Array(input.elements)
    if hasBias {
      try addBias(
        input.elements.span, layout, bias: bias.elements.span, output: biased.mutableSpan, context: context)
    }
    var expected = [Float](repeating: 0, count: count)
    try addResidual(
      biased.span, layout, residual: residual.elements.span, output: expected.mutableSpan, context: context)
    var (ofLayerNorm, ofRMSNorm) = (expected, expected)
    try layerNorm(
      expected.span, layout, weight: weight.elements.span, shift: shift.elements.span,
      output: ofLayerNorm.mutableSpan, context: context)
    try rmsNorm(
      expected.span, layout, weight: weight.elements.span, output: ofRMSNorm.mutableSpan, context: context)

    let bySum = try BiasDropoutResidualLayerNormPlan(
      input: layout, returnedSum: layout, hasBias: hasBias, dropout: nil, mode: .inference, context: context)
    let byRMS = try BiasDropoutResidualRMSNormPlan(
      input: layout, returnedSum: layout, hasBias: hasBias, dropout: nil, mode: .inference, context: context)
    var (output, sum) = ([Float](repeating: .nan, count: count), [Float](repeating: .nan, count: count))
    func check(_ norm: [Float], _ place: String) {
      #expect(output == norm, "output, \(place)")
      #expect(sum == expected, "sum, \(place)")
      (output, sum) = ([Float](repeating: .nan, count: count), Array(residual.elements))
    }
    try bySum.run(
      input.elements.span, bias: hasBias ? bias.elements.span : nil, residual: residual.elements.span,
      weight: weight.elements.span, shift: shift.elements.span, output: output.mutableSpan, sum: sum.mutableSpan)
    check(ofLayerNorm, "layer norm apart")
    try bySum.run(
      input.elements.span, bias: hasBias ? bias.elements.span : nil, addingTo: sum.mutableSpan,
      weight: weight.elements.span, shift: shift.elements.span, output: output.mutableSpan)
    check(ofLayerNorm, "layer norm in place")
    try byRMS.run(
      input.elements.span, bias: hasBias ? bias.elements.span : nil, residual: residual.elements.span,
      weight: weight.elements.span, output: output.mutableSpan, sum: sum.mutableSpan)
    check(ofRMSNorm, "RMS norm apart")
    try byRMS.run(
      input.elements.span, bias: hasBias ? bias.elements.span : nil, addingTo: sum.mutableSpan,
      weight: weight.elements.span, output: output.mutableSpan)
    check(ofRMSNorm, "RMS norm in place")
  }

  /// Training's sum is the returned one, and its statistic gives the output back.
  @Test(arguments: sets) func trainingKeepsTheSumAndTheStatistic(set: InstructionSet) throws {
    let (layout, count, context) = (Self.layout, Self.count, try context(set))
    let (input, residual, weight) = (
      try numbers(count, seed: 1), try numbers(count, seed: 2), try numbers(77, seed: 4)
    )
    let kept = try BiasDropoutResidualRMSNormSavedTensors(rows: 21, columns: 77)
    var output = [Float](repeating: 0, count: count)
    try BiasDropoutResidualRMSNormPlan(
      input: layout, hasBias: false, dropout: nil, epsilon: 0.25, mode: .training, context: context
    ).run(
      input.elements.span, bias: nil, residual: residual.elements.span, weight: weight.elements.span,
      output: output.mutableSpan, keeping: kept)
    let alone = try RMSNormSavedTensors(rows: 21)
    var inPlace = Array(kept.sum.elements)
    try RMSNormPlan(input: layout, epsilon: 0.25, mode: .training, context: context).run(
      inPlace: inPlace.mutableSpan, weight: weight.elements.span, keeping: alone)
    #expect(inPlace == output)
    #expect(Array(alone.inverseRootMeanSquare.elements) == Array(kept.inverseRootMeanSquare.elements))
    for index in 0..<count {
      let inverse = kept.inverseRootMeanSquare.elements[index / 77]
      #expect(kept.sum.elements[index] == input.elements[index] + residual.elements[index])
      #expect(output[index] == kept.sum.elements[index] * inverse * weight.elements[index % 77])
    }
  }

  /// Without epsilon a factor of a row goes out again; a power of two without rounding.
  @Test(arguments: sets) func rmsNormForgetsAFactor(set: InstructionSet) throws {
    let input = try numbers(Self.count, seed: 7)
    let ones = [Float](repeating: 1, count: 77)
    func norm(_ values: [Float]) throws -> [Float] {
      var output = values
      try rmsNorm(
        values.span, Self.layout, weight: ones.span, epsilon: 0, output: output.mutableSpan, context: context(set))
      return output
    }
    let output = try norm(Array(input.elements))
    #expect(try norm(input.elements.map { $0 * 1024 }) == output)
    for row in 0..<21 {
      let square = output[row * 77..<row * 77 + 77].reduce(0) { $0 + Double($1 * $1) } / 77
      #expect(abs(square - 1) < 1e-5)
    }
    // More than a float holds once it is squared, and an infinity: the others are nothing beside it.
    var large = [Float](repeating: 1, count: Self.count)
    (large[3], large[77]) = (1e30, .infinity)
    let result = try norm(large)
    #expect(result[0..<77].allSatisfy { $0 == 0 })
    #expect(result[77].isNaN && result[78..<154].allSatisfy { $0 == 0 })
  }

  /// 64 rows of 100 columns, counted by hand.
  @Test func bytesByHand() throws {
    struct Call {
      var name: String
      var mode = ExecutionMode.inference
      var hasBias = true
      var returnsSum = false
      /// Rows of 400 bytes and more that each row reads and writes, shared rows that each item reads, an element's
      /// FLOPs.
      var reads: Int, writes: Int, statistics = 0, shared: Int, flops: Int
    }
    let fused = ["bias-dropout-residual-layer-norm", "bias-dropout-residual-rms-norm"]
    let calls = [
      Call(name: "rms-norm", reads: 1, writes: 1, shared: 1, flops: 4),
      Call(name: "rms-norm", mode: .training, reads: 1, writes: 1, statistics: 1, shared: 1, flops: 4),
      Call(name: fused[0], reads: 2, writes: 1, shared: 3, flops: 10),
      Call(name: fused[0], returnsSum: true, reads: 2, writes: 2, shared: 3, flops: 10),
      Call(name: fused[0], hasBias: false, returnsSum: true, reads: 2, writes: 2, shared: 2, flops: 9),
      Call(name: fused[1], reads: 2, writes: 1, shared: 2, flops: 7),
      Call(name: fused[1], hasBias: false, returnsSum: true, reads: 2, writes: 2, shared: 1, flops: 6),
      Call(name: fused[1], mode: .training, reads: 2, writes: 2, statistics: 1, shared: 2, flops: 7),
      Call(
        name: fused[1], mode: .training, hasBias: false, returnsSum: true, reads: 2, writes: 2, statistics: 1,
        shared: 1, flops: 6),
    ]
    for call in calls {
      let ledger = Ledger()
      let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 1 << 20)
      var request = OperatorRequest(extents: [.rows: 64, .columns: 100])
      (request.mode, request.hasBias, request.returnsSum) = (call.mode, call.hasBias, call.returnsSum)
      let entry = try OperatorCatalog.entry(named: call.name)
      let storage = try OperandStorage(entry.descriptor(for: request), extents: request.extents, mode: call.mode)
      try entry.prepare(request, context: context).run(storage.buffers)
      let recorded = try #require(ledger.entries[call.name])
      // Items of 64 KiB: of 40 rows with four streams, of 54 with three, one of all 64 with two.
      let items = call.reads + call.writes == 2 ? 1 : 2
      let (reads, writes) = (64 * call.reads * 400, 64 * (call.writes * 400 + call.statistics * 4))
      #expect(
        recorded.traffic
          == Traffic(readBytes: reads + items * call.shared * 400, writtenBytes: writes, updates: items), "\(call)")
      #expect(recorded.leastBytes == reads + call.shared * 400 + writes, "\(call)")
      #expect(recorded.floatingPointOperations == 6400 * call.flops, "\(call)")
    }
  }
}

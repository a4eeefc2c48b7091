import Tessera
import Testing

/// What the gradients of element-wise operators promise beyond agreement with the oracle.
@Suite struct ElementwiseGradientTests {
  private static let sets = InstructionSet.allCases.filter(\.isAvailable)
  private static let (planes, rows, columns) = (3, 50, 77)

  private func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var numbers = [Float](repeating: 0, count: count)
    numbers.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed) }
    return numbers.map { 4 * $0 }
  }

  /// The gradient is 0 exactly where the forward call dropped, and the bias's is the sum of its columns.
  @Test(arguments: sets, Activation.allCases) func backFromTheForwardCall(
    set: InstructionSet, activation: Activation
  ) throws {
    let (planes, columns) = (Self.planes, Self.columns)
    let (rows, count) = (planes * Self.rows, planes * Self.rows * columns)
    let layout = MatrixLayout(rows: rows, columns: columns)
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    let dropout = try Dropout(probability: 0.3, seed: 5, offset: 9)
    let (input, bias, gradient) = (numbers(count, seed: 1), numbers(columns, seed: 2), numbers(count, seed: 3))
    var output = [Float](repeating: .nan, count: count)
    let forward = try BiasActivationDropoutPlan(
      activation, input: layout, planes: planes, dropout: dropout, mode: .training, context: context)
    try forward.run(input.span, bias: bias.span, output: output.mutableSpan)
    let plan = try BiasActivationDropoutGradientPlan(
      forward.savedTensors, outputGradient: layout, planes: planes, context: context)
    var ofInput = [Float](repeating: .nan, count: count)
    var ofBias = [Float](repeating: .nan, count: columns)
    let needed = forward.savedTensors.neededTensor == .input ? input : output
    let givenBias = activation == .relu ? nil : bias
    try plan.run(
      gradient.span, neededTensor: needed.span, bias: givenBias?.span, inputGradient: ofInput.mutableSpan,
      biasGradient: ofBias.mutableSpan)
    var sums = [Double](repeating: 0, count: columns)
    for index in 0..<count {
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      let isKept = dropout.keeps(plane: row / Self.rows, row: row % Self.rows, column: column)
      #expect(isKept || ofInput[index] == 0)
      sums[column] += Double(ofInput[index])
    }
    for column in 0..<columns { #expect(abs(sums[column] - Double(ofBias[column])) < 1e-4) }
    #expect(ofInput.count { $0 != 0 } > count / 4)
  }

  /// 300 rows of 100 columns, counted by hand: three items of at most 128 rows.
  @Test func bytesByHand() throws {
    for (label, activation, reads, writes, bias, flops) in [
      ("BDRB", Activation.relu, 2, 1, 0, 2), ("BDRB", .silu, 2, 1, 1, 2), ("BAOB", nil, 1, 0, 0, 1),
    ] as [(String, Activation?, Int, Int, Int, Int)] {
      let ledger = Ledger()
      let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 1 << 20)
      var request = OperatorRequest(extents: [.planes: 1, .rows: 300, .columns: 100])
      if let activation { request.activation = activation }
      let entry = try OperatorCatalog.entry(named: label)
      let descriptor = entry.descriptor(for: request)
      let storage = try OperandStorage(descriptor, extents: request.extents, mode: .training)
      try entry.prepare(request, context: context).run(storage.buffers)
      let recorded = try #require(ledger.entries[descriptor.name])
      // Of one stream 64 KiB are 163 rows, which make two calls.
      let items = label == "BAOB" ? 2 : 3
      #expect(
        recorded.traffic
          == Traffic(
            readBytes: 300 * reads * 400 + items * bias * 400, writtenBytes: 300 * writes * 400 + 400, updates: items))
      #expect(recorded.leastBytes == 300 * (reads + writes) * 400 + bias * 400 + 400)
      #expect(recorded.floatingPointOperations == 30_000 * flops)
    }
  }
}

import Tessera
import Testing

/// A layer and its backward pass that take another batch's lengths have the bits of ones that were planned with them.
@Suite struct EncoderLayerKeyLengthsTests {
  /// Keys of two tiles in both passes, whose parts are added in the backward one.
  private static let shape = EncoderLayerTests.Shape(batch: 3, length: 260, hidden: 24, heads: 2, feedforward: 16)
  /// Of neighbours none are alike, longer ones follow shorter ones, and all come back to where they began.
  private static let batches: [[Int]?] = [
    [260, 0, 77], nil, [3, 9, 1], [130, 260, 260], [0, 0, 0], [260, 0, 77], nil,
  ]

  private static func problem(
    _ placement: NormalizationPlacement, _ lengths: [Int]?, _ shape: EncoderLayerTests.Shape = Self.shape,
    offset: UInt32 = 40
  ) throws -> EncoderLayerProblem {
    var problem = EncoderLayerProblem(
      batch: shape.batch, length: shape.length, hidden: shape.hidden, heads: shape.heads,
      feedforward: shape.feedforward, mode: .training)
    (problem.normalization, problem.activation, problem.keyLengths) = (placement, .gelu, lengths)
    problem.dropout = try Dropout(probability: 0.25, seed: 0x1_0000_0007, offset: offset)
    return problem
  }

  private static let small = EncoderLayerTests.shapes[0]

  private func context(_ threads: Int = 2) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: .best)
  }

  private func bits(_ results: [String: [Float]]) -> [String: [UInt32]] {
    results.mapValues { $0.map(\.bitPattern) }
  }

  @Test(arguments: NormalizationPlacement.allCases, [1, 3])
  func batchesOfOtherLengthsWithoutNewPlans(placement: NormalizationPlacement, threads: Int) throws {
    let (context, one) = (try context(threads), try context(1))
    let call = try EncoderLayerCall(Self.problem(placement, nil))
    let layer = try EncoderLayer(call.problem, context: context)
    let pass = try EncoderLayerBackward(call.problem, context: context)
    let kept = try EncoderLayerSavedTensors(for: call.problem)
    for (step, lengths) in Self.batches.enumerated() {
      // Draws that are set before are there after, and the other way round.
      let offset = UInt32(40 + 4 * step)
      let planned = try EncoderLayerCall(Self.problem(placement, lengths, offset: offset))
      try layer.setDropoutOffset(offset)
      try layer.setKeyLengths(lengths)
      try pass.setKeyLengths(lengths)
      try pass.setDropoutOffset(offset)
      #expect(layer.problem == planned.problem && pass.problem == planned.problem)
      let what = "\(String(describing: lengths)), \(threads) threads"
      let isSame = try bits(call.run(context, layer: layer)) == bits(planned.run(one))
      #expect(isSame, "\(what)")
      try call.fill(kept, by: layer)
      let isSameBack = try bits(call.backward(context, kept: kept, pass: pass)) == bits(planned.backward(one))
      #expect(isSameBack, "\(what)")
    }
  }

  @Test(arguments: NormalizationPlacement.allCases, [1, 3])
  func batchesInInference(placement: NormalizationPlacement, threads: Int) throws {
    let context = try context(threads)
    var problem = try Self.problem(placement, nil)
    (problem.mode, problem.mask) = (.inference, .causal())
    let call = try EncoderLayerCall(problem)
    let layer = try EncoderLayer(problem, context: context)
    for lengths in Self.batches {
      problem.keyLengths = lengths
      let planned = try EncoderLayerCall(problem)
      try layer.setKeyLengths(lengths)
      let isSame = try bits(call.run(context, layer: layer)) == bits(planned.run(try self.context(1)))
      #expect(isSame, "\(String(describing: lengths))")
    }
  }

  /// Memory that has been enough for a batch is there for all that take less, and is not counted as traffic.
  @Test func memoryServesShorterBatches() throws {
    let ledger = Ledger()
    // Parts of queries' gradients stay in fast memory where a sequence has tokens, and not where all have.
    let context = ExecutionContext(
      pool: try WorkerPool(threadCount: 1), instructionSet: .best, ledger: ledger, fastMemoryBytes: 100_000)
    func entry(_ call: EncoderLayerCall, _ pass: EncoderLayerBackward) throws -> Ledger.Entry {
      let layer = try EncoderLayer(pass.problem, context: context)
      let kept = try EncoderLayerSavedTensors(for: pass.problem)
      try call.fill(kept, by: layer)
      ledger.reset()
      _ = try call.backward(context, kept: kept, pass: pass)
      return try #require(ledger.entries["attention-gradients"])
    }
    let call = try EncoderLayerCall(Self.problem(.post, [260, 260, 260]))
    let pass = try EncoderLayerBackward(call.problem, context: context)
    let bytes = pass.workspaceBytes
    for lengths in [[260, 0, 0], [3, 9, 1], [260, 260, 260]] {
      try pass.setKeyLengths(lengths)
      #expect(pass.workspaceBytes == bytes)
      let planned = try EncoderLayerBackward(Self.problem(.post, lengths), context: context)
      let (other, expected) = (try entry(call, pass), try entry(call, planned))
      #expect(other.traffic.byteCount == expected.traffic.byteCount, "\(lengths)")
      #expect(other.floatingPointOperations == expected.floatingPointOperations, "\(lengths)")
      #expect(other.leastBytes == expected.leastBytes, "\(lengths)")
    }
  }

  /// And what a batch before has left memory for is no limit to the next one.
  @Test func memoryGrows() throws {
    let context = try context()
    let pass = try EncoderLayerBackward(Self.problem(.post, [3, 9, 1]), context: context)
    let bytes = pass.workspaceBytes
    try pass.setKeyLengths([260, 260, 260])
    let planned = try EncoderLayerBackward(Self.problem(.post, [260, 260, 260]), context: context)
    #expect(bytes < planned.workspaceBytes && pass.workspaceBytes == planned.workspaceBytes)
  }

  /// The problem's own refusals, word for word, and the batch before is still there.
  @Test(arguments: NormalizationPlacement.allCases)
  func lengthsThatDoNotFitChangeNothing(placement: NormalizationPlacement) throws {
    let context = try context()
    let call = try EncoderLayerCall(Self.problem(placement, [3, 7], Self.small))
    let layer = try EncoderLayer(call.problem, context: context)
    let pass = try EncoderLayerBackward(call.problem, context: context)
    let (forward, backward) = (bits(try call.run(context)), bits(try call.backward(context)))
    for lengths in [[], [7], [7, 7, 7], [7, 8], [-1, 7]] {
      let problem = try Self.problem(placement, lengths, Self.small)
      let refusal = #expect(throws: TesseraError.self) { _ = try EncoderLayer(problem, context: context) }
      let ofLayer = #expect(throws: TesseraError.self) { try layer.setKeyLengths(lengths) }
      let ofPass = #expect(throws: TesseraError.self) { try pass.setKeyLengths(lengths) }
      #expect(ofLayer == refusal && ofPass == refusal)
      #expect(layer.problem == call.problem && pass.problem == call.problem)
    }
    let isSame = try bits(call.run(context, layer: layer)) == forward
    #expect(isSame)
    let isSameBack = try bits(call.backward(context, pass: pass)) == backward
    #expect(isSameBack)
  }

  /// The error says which sequence, and nothing is written. All L, given or not, are the same lengths.
  @Test(arguments: NormalizationPlacement.allCases)
  func whatOtherLengthsKeptIsRefused(placement: NormalizationPlacement) throws {
    let context = try context()
    let call = try EncoderLayerCall(Self.problem(placement, nil, Self.small))
    let layer = try EncoderLayer(call.problem, context: context)
    let pass = try EncoderLayerBackward(call.problem, context: context)
    let kept = try EncoderLayerSavedTensors(for: call.problem)
    let refused: [(forward: [Int]?, backward: [Int]?, sequence: Int, lengths: (forward: Int, backward: Int))] = [
      ([7, 3], nil, 1, (3, 7)), (nil, [0, 7], 0, (7, 0)), ([3, 7], [7, 3], 0, (3, 7)), ([0, 5], [0, 4], 1, (5, 4)),
    ]
    for (forward, backward, sequence, lengths) in refused {
      try layer.setKeyLengths(forward)
      try call.fill(kept, by: layer)
      try pass.setKeyLengths(backward)
      try call.expectRefusal(
        context, kept: kept, pass: pass,
        expected: "tensors of a forward call with key length \(lengths.backward) of sequence \(sequence)",
        actual: "those of one with \(lengths.forward)")
      try pass.setKeyLengths(forward)
      let planned = try EncoderLayerCall(Self.problem(placement, forward, Self.small))
      let isSame = try bits(call.backward(context, kept: kept, pass: pass)) == bits(planned.backward(context))
      #expect(isSame, "\(String(describing: forward))")
    }
    for (forward, backward) in [(nil, [7, 7]), ([7, 7], nil)] as [([Int]?, [Int]?)] {
      try layer.setKeyLengths(forward)
      try call.fill(kept, by: layer)
      try pass.setKeyLengths(backward)
      _ = try call.backward(context, kept: kept, pass: pass)
    }
  }
}

import Tessera
import Testing

/// Batches whose sequences are shorter than their room: attention has their tokens, and padding reaches none.
@Suite struct EncoderLayerLengthsTests {
  private static func problem(
    _ placement: NormalizationPlacement, _ lengths: [Int]?,
    _ shape: EncoderLayerTests.Shape = EncoderLayerTests.shapes[0]
  ) throws -> EncoderLayerProblem {
    var problem = EncoderLayerProblem(
      batch: shape.batch, length: shape.length, hidden: shape.hidden, heads: shape.heads,
      feedforward: shape.feedforward, mode: .training)
    (problem.normalization, problem.activation, problem.keyLengths) = (placement, .gelu, lengths)
    problem.dropout = try Dropout(probability: 0.25, seed: 0x1_0000_0007, offset: 40)
    return problem
  }

  private func context(
    _ threads: Int = 2, isa: InstructionSet = .best, ledger: Ledger? = nil
  ) throws -> ExecutionContext {
    var context = ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: isa)
    context.ledger = ledger
    return context
  }

  private func bits(_ results: [String: [Float]]) -> [String: [UInt32]] {
    results.mapValues { $0.map(\.bitPattern) }
  }

  @Test(arguments: InstructionSet.allCases.filter(\.isAvailable), NormalizationPlacement.allCases)
  func agreesWithTheOracle(isa: InstructionSet, placement: NormalizationPlacement) throws {
    let masks: [AttentionMask] = [.full, .causal(), .window(left: 2, right: 1, alignment: .topLeft)]
    for (mask, threads) in zip(masks, [1, 3, 8]) {
      let context = try context(threads, isa: isa)
      for lengths in [[7, 3], [0, 1], [7, 7], [0, 0]] {
        var problem = try Self.problem(placement, lengths)
        problem.mask = mask
        problem.input = MatrixLayout(rows: 14, columns: 48, rowStride: 51, offset: 3)
        problem.output = MatrixLayout(rows: 14, columns: 48, rowStride: 64, offset: 1)
        let what = "\(mask), \(lengths), \(isa)"
        try EncoderLayerTests().check(problem, context, what)
        try EncoderLayerGradientTests().check(problem, context, what)
        problem.mode = .inference
        try EncoderLayerTests().check(problem, context, what)
      }
    }
  }

  /// Rows that fill several blocks and tiles beside few and none.
  @Test(arguments: InstructionSet.allCases.filter(\.isAvailable), NormalizationPlacement.allCases)
  func longSequencesAgreeWithTheOracle(isa: InstructionSet, placement: NormalizationPlacement) throws {
    let shape = EncoderLayerTests.Shape(batch: 4, length: 130, hidden: 36, heads: 4, feedforward: 50)
    let (problem, context) = (try Self.problem(placement, [130, 0, 71, 2], shape), try context(isa: isa))
    try EncoderLayerTests().check(problem, context, "\(isa)")
    try EncoderLayerGradientTests().check(problem, context, "\(isa)")
  }

  @Test(arguments: InstructionSet.allCases.filter(\.isAvailable), NormalizationPlacement.allCases)
  func theSameBitsForAnyThreads(isa: InstructionSet, placement: NormalizationPlacement) throws {
    let shape = EncoderLayerTests.Shape(batch: 3, length: 150, hidden: 60, heads: 5, feedforward: 130)
    let call = try EncoderLayerCall(Self.problem(placement, [150, 0, 77], shape))
    let (forward, backward) = (
      bits(try call.run(try context(1, isa: isa))), bits(try call.backward(try context(1, isa: isa)))
    )
    for threads in EncoderLayerTests.threads {
      let context = try context(threads, isa: isa)
      for _ in 0..<2 {
        let isSameForward = try bits(call.run(context)) == forward
        #expect(isSameForward, "\(threads) threads")
        let isSameBackward = try bits(call.backward(context)) == backward
        #expect(isSameBackward, "\(threads) threads")
      }
    }
  }

  /// Elements of input, output and their gradients that are padding, of two sequences of lengths 3 and 7.
  private static let padding = 3 * 48..<7 * 48

  /// Whatever its rows of input and output gradient hold.
  @Test(arguments: NormalizationPlacement.allCases)
  func paddingReachesNoTokensGradient(placement: NormalizationPlacement) throws {
    let context = try context()
    let call = try EncoderLayerCall(Self.problem(placement, [3, 7]))
    let clean = try call.backward(context)["input"]!
    for value: Float in [.nan, .infinity, 3] {
      var spoilt = call
      for element in Self.padding { (spoilt.input[element], spoilt.outputGradient[element]) = (value, value) }
      let other = try spoilt.backward(context)["input"]!
      let (start, end) = (Self.padding.lowerBound, Self.padding.upperBound)
      let isSame = clean[..<start] == other[..<start] && clean[end...] == other[end...]
      #expect(isSame, "\(value)")
    }
  }

  /// With an output gradient of 0 padding takes no part in any gradient, and its own is 0.
  @Test(arguments: NormalizationPlacement.allCases, InstructionSet.allCases.filter(\.isAvailable))
  func paddingWithoutGradientAddsNothing(placement: NormalizationPlacement, isa: InstructionSet) throws {
    let context = try context(isa: isa)
    var call = try EncoderLayerCall(Self.problem(placement, [3, 7]))
    for element in Self.padding { call.outputGradient[element] = 0 }
    var other = call
    for element in Self.padding { other.input[element] = 1 - 5 * other.input[element] }
    let (gradients, others) = (try call.backward(context), try other.backward(context))
    for (name, values) in gradients {
      let isSame = others[name] == values
      #expect(isSame, "\(name)")
    }
    #expect(gradients["input"]![Self.padding].allSatisfy { $0 == 0 })
  }

  /// A batch's gradients are those of its sequences alone, added up; without dropout, whose rows count from the call's.
  @Test(arguments: NormalizationPlacement.allCases, [AttentionMask.full, .causal()])
  func sequencesAloneAddUp(placement: NormalizationPlacement, mask: AttentionMask) throws {
    var whole = try Self.problem(placement, [3, 7])
    (whole.mask, whole.dropout) = (mask, nil)
    var call = try EncoderLayerCall(whole)
    for element in Self.padding { call.outputGradient[element] = 0 }
    let context = try context()
    let expected = try call.backward(context)
    let gradients = try EncoderLayerGradients(for: whole)
    var ofInput: [Float] = []
    for (sequence, length) in [3, 7].enumerated() {
      let rows = sequence * 7 * 48..<(sequence * 7 + length) * 48
      var alone = whole
      (alone.batch, alone.length, alone.keyLengths) = (1, length, nil)
      alone.input = MatrixLayout(rows: length, columns: 48)
      alone.output = alone.input
      let (input, gradient) = (Array(call.input[rows]), Array(call.outputGradient[rows]))
      var (output, here) = (input, input)
      let layer = try EncoderLayer(alone, context: context)
      let pass = try EncoderLayerBackward(alone, context: context)
      let kept = try EncoderLayerSavedTensors(for: alone)
      try layer.run(input.span, weights: call.weights, output: output.mutableSpan, keeping: kept)
      try pass.run(
        gradient.span, input: input.span, weights: call.weights, kept: kept, inputGradient: here.mutableSpan,
        gradients: gradients, accumulates: sequence > 0)
      ofInput += here
      ofInput += [Float](repeating: 0, count: (7 - length) * 48)
    }
    var results = EncoderLayerCall.named(gradients).mapValues { Array($0.elements) }
    results["input"] = ofInput
    for (name, values) in expected {
      let largest = values.reduce(0) { max($0, abs($1)) }
      let isSame = zip(results[name]!, values).allSatisfy { abs($0 - $1) <= 1e-4 * largest }
      #expect(isSame, "\(name)")
    }
  }

  /// Of 7² + 7² pairs of tokens a head 3² + 7² are left, in both passes.
  @Test func attentionWorksForTokensAlone() throws {
    func operations(_ lengths: [Int]?) throws -> [Int] {
      let ledger = Ledger()
      _ = try EncoderLayerCall(Self.problem(.post, lengths)).backward(try context(ledger: ledger))
      let entries = ledger.entries
      return ["attention", "attention-gradients"].map { entries[$0]!.floatingPointOperations }
    }
    let (all, fewer) = (try operations(nil), try operations([3, 7]))
    #expect(all.allSatisfy { $0 > 0 } && all.map { $0 * (9 + 49) } == fewer.map { $0 * (49 + 49) })
  }

  /// Memory of what is kept, made once, serves batches of all lengths.
  @Test(arguments: NormalizationPlacement.allCases)
  func whatIsKeptServesAllLengths(placement: NormalizationPlacement) throws {
    let (kept, context) = (try EncoderLayerSavedTensors(for: Self.problem(placement, nil)), try context())
    for lengths in [nil, [3, 7], [7, 0]] {
      let call = try EncoderLayerCall(Self.problem(placement, lengths))
      let layer = try EncoderLayer(call.problem, context: context)
      var output = call.input
      try layer.run(call.input.span, weights: call.weights, output: output.mutableSpan, keeping: kept)
      let isSame = try bits(call.backward(context, kept: kept)) == bits(call.backward(context))
      #expect(isSame, "\(String(describing: lengths))")
    }
  }
}

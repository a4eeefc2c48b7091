import Tessera
import Testing

/// A layer whose backward pass makes linear 2's input again: the bits of one that keeps it.
@Suite struct EncoderLayerRecomputationTests {
  static let activations = Activation.allCases.filter { $0 != .relu }

  /// The same layer, keeping and making again.
  struct Pair {
    let keeping, again: EncoderLayerCall

    init(_ problem: EncoderLayerProblem) throws {
      var other = problem
      other.recomputesActivated = true
      (keeping, again) = (try EncoderLayerCall(problem), try EncoderLayerCall(other))
    }
  }

  static func problem(
    _ placement: NormalizationPlacement, _ activation: Activation,
    _ shape: EncoderLayerTests.Shape = EncoderLayerTests.shapes[0]
  ) throws -> EncoderLayerProblem {
    var problem = EncoderLayerProblem(
      batch: shape.batch, length: shape.length, hidden: shape.hidden, heads: shape.heads,
      feedforward: shape.feedforward, mode: .training)
    (problem.normalization, problem.activation) = (placement, activation)
    problem.dropout = try Dropout(probability: 0.25, seed: 0x1_0000_0007, offset: 40)
    return problem
  }

  private func context(_ threads: Int = 2, isa: InstructionSet = .best) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: isa)
  }

  private func bits(_ results: [String: [Float]]) -> [String: [UInt32]] {
    results.mapValues { $0.map(\.bitPattern) }
  }

  /// What a forward call kept.
  private func kept(
    of call: EncoderLayerCall, by layer: EncoderLayer
  ) throws -> EncoderLayerSavedTensors {
    let kept = try EncoderLayerSavedTensors(for: call.problem)
    var output = call.input
    try layer.run(call.input.span, weights: call.weights, output: output.mutableSpan, keeping: kept)
    return kept
  }

  @Test(arguments: EncoderLayerTests.shapes, NormalizationPlacement.allCases)
  func resultsHaveTheSameBits(shape: EncoderLayerTests.Shape, placement: NormalizationPlacement) throws {
    let context = try context()
    let probabilities: [Double?] = [nil, 0, 0.25, 1]
    for activation in Activation.allCases {
      for probability in probabilities {
        var problem = try Self.problem(placement, activation, shape)
        problem.dropout = try probability.map { try Dropout(probability: $0, seed: 5, offset: 12) }
        let pair = try Pair(problem)
        let what = "\(activation), \(String(describing: probability))"
        var expected = try pair.keeping.run(context)
        let results = try pair.again.run(context)
        #expect((results["activated"] == nil) == (activation != .relu), "\(what)")
        if activation != .relu { expected["activated"] = nil }
        let isSameForward = bits(results) == bits(expected)
        #expect(isSameForward, "\(what)")
        let isSameBackward = try bits(pair.again.backward(context)) == bits(pair.keeping.backward(context))
        #expect(isSameBackward, "\(what)")
      }
    }
  }

  @Test(arguments: InstructionSet.allCases.filter(\.isAvailable), NormalizationPlacement.allCases)
  func everyVariantAndRowsWithGaps(isa: InstructionSet, placement: NormalizationPlacement) throws {
    let context = try context(isa: isa)
    for activation in Self.activations {
      var problem = try Self.problem(placement, activation)
      problem.input = MatrixLayout(rows: 14, columns: 48, rowStride: 51, offset: 3)
      problem.output = MatrixLayout(rows: 14, columns: 48, rowStride: 64, offset: 1)
      let pair = try Pair(problem)
      let isSame = try bits(pair.again.backward(context)) == bits(pair.keeping.backward(context))
      #expect(isSame, "\(activation), \(isa)")
    }
  }

  /// For all threads, and on a workspace that holds NaN from the call before.
  @Test(arguments: NormalizationPlacement.allCases)
  func theSameBitsForAnyThreads(placement: NormalizationPlacement) throws {
    let shape = EncoderLayerTests.Shape(batch: 3, length: 150, hidden: 60, heads: 5, feedforward: 130)
    let pair = try Pair(try Self.problem(placement, .gelu, shape))
    let expected = bits(try pair.keeping.backward(try context(1)))
    var poisoned = pair.again
    poisoned.input = poisoned.input.map { _ in .nan }
    for threads in EncoderLayerTests.threads {
      let context = try context(threads)
      let pass = try EncoderLayerBackward(pair.again.problem, context: context)
      let spoilt = try poisoned.backward(context, pass: pass)
      #expect(spoilt["input"]!.allSatisfy { $0.isNaN })
      let isSame = try bits(pair.again.backward(context, pass: pass)) == expected
      #expect(isSame, "\(threads) threads")
    }
  }

  /// What was kept serves a second call, onto what the first left.
  @Test(arguments: NormalizationPlacement.allCases, activations)
  func accumulates(placement: NormalizationPlacement, activation: Activation) throws {
    let pair = try Pair(try Self.problem(placement, activation))
    let context = try context()
    func twice(_ call: EncoderLayerCall) throws -> [String: [UInt32]] {
      let kept = try kept(of: call, by: EncoderLayer(call.problem, context: context))
      let gradients = try EncoderLayerGradients(for: call.problem)
      _ = try call.backward(context, kept: kept, onto: gradients)
      return bits(try call.backward(context, kept: kept, onto: gradients))
    }
    let isSame = try twice(pair.again) == twice(pair.keeping)
    #expect(isSame)
  }

  @Test(arguments: NormalizationPlacement.allCases)
  func aNextStepMakesItsOwnDropoutAgain(placement: NormalizationPlacement) throws {
    let context = try context()
    var problem = try Self.problem(placement, .silu)
    let first = try Pair(problem).again
    let layer = try EncoderLayer(first.problem, context: context)
    let pass = try EncoderLayerBackward(first.problem, context: context)
    try layer.setDropoutOffset(400)
    try pass.setDropoutOffset(400)
    problem.dropout = problem.dropout?.at(offset: 400)
    let expected = bits(try Pair(problem).keeping.backward(context))
    let kept = try kept(of: first, by: layer)
    let isSame = try bits(first.backward(context, kept: kept, pass: pass)) == expected
    #expect(isSame)
  }

  /// Memory of the other kind is refused, by both passes; with ReLU there is one kind.
  @Test(arguments: [Activation.relu, .gelu]) func whatTheOtherKindKeptIsRefused(activation: Activation) throws {
    let (pair, context) = (try Pair(try Self.problem(.post, activation)), try context())
    for (call, other) in [(pair.keeping, pair.again), (pair.again, pair.keeping)] {
      let layer = try EncoderLayer(call.problem, context: context)
      let kept = try EncoderLayerSavedTensors(for: other.problem)
      var output = [Float](repeating: 7, count: call.input.count)
      guard activation != .relu else {
        try layer.run(call.input.span, weights: call.weights, output: output.mutableSpan, keeping: kept)
        _ = try call.backward(context, kept: kept)
        continue
      }
      #expect(throws: TesseraError.self) {
        try layer.run(call.input.span, weights: call.weights, output: output.mutableSpan, keeping: kept)
      }
      #expect(output.allSatisfy { $0 == 7 })
      #expect(throws: TesseraError.self) { _ = try call.backward(context, kept: kept) }
    }
  }

  @Test(arguments: NormalizationPlacement.allCases) func noTokens(placement: NormalizationPlacement) throws {
    for (batch, length) in [(0, 5), (5, 0)] {
      let shape = EncoderLayerTests.Shape(batch: batch, length: length, hidden: 8, heads: 2, feedforward: 3)
      let results = try Pair(try Self.problem(placement, .gelu, shape)).again.backward(try context())
      #expect(results["input"] == [])
      #expect(results.values.allSatisfy { $0.allSatisfy { $0 == 0 } })
    }
  }
}

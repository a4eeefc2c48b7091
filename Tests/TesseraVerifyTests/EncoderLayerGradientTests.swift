import Tessera
import TesseraReference
import Testing

/// The layer's backward pass against the oracle's, whose tolerance docs/numerics.md gives.
@Suite struct EncoderLayerGradientTests {
  /// Operators on the way from input to output and back.
  private static let chain = 24.0

  private static func problem(_ shape: EncoderLayerTests.Shape) throws -> EncoderLayerProblem {
    var problem = EncoderLayerProblem(
      batch: shape.batch, length: shape.length, hidden: shape.hidden, heads: shape.heads,
      feedforward: shape.feedforward, mode: .training)
    problem.dropout = try Dropout(probability: 0.25, seed: 0x1_0000_0007, offset: 40)
    return problem
  }

  private func context(_ threads: Int = 2, isa: InstructionSet = .best, ledger: Ledger? = nil) throws
    -> ExecutionContext
  {
    var context = ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: isa)
    context.ledger = ledger
    return context
  }

  /// Every gradient within its tolerance.
  func check(_ problem: EncoderLayerProblem, _ context: ExecutionContext, _ what: String) throws {
    let call = try EncoderLayerCall(problem)
    let results = try call.backward(context)
    let oracle = call.referenceGradients { (layer, inputs: [String: [Double]], gradient: [Double]) in
      layer.gradients(inputs, outputGradient: gradient)
    }
    let naive = call.referenceGradients { (layer, inputs: [String: [Float]], gradient: [Float]) in
      layer.gradients(inputs, outputGradient: gradient)
    }
    #expect(Set(results.keys) == Set(oracle.keys))
    for (name, values) in results {
      let (exact, plain) = (oracle[name]!, naive[name]!)
      #expect(values.count == exact.count, "\(name)")
      let largest = exact.reduce(0x1p-126) { max($0, abs($1)) }
      let naiveError = zip(plain, exact).reduce(0.0) { max($0, abs(Double($1.0) - $1.1)) }
      let tolerance = 3 * naiveError + 4 * Self.chain * 0x1p-23 * largest
      let error = zip(values, exact).reduce(0.0) { max($0, abs(Double($1.0) - $1.1)) }
      let isFinite = values.allSatisfy { $0.isFinite }
      #expect(isFinite && error <= tolerance, "\(name), \(what): \(error) > \(tolerance)")
    }
  }

  @Test(arguments: EncoderLayerTests.shapes, NormalizationPlacement.allCases)
  func agreesWithTheOracle(shape: EncoderLayerTests.Shape, placement: NormalizationPlacement) throws {
    for activation in Activation.allCases {
      var problem = try Self.problem(shape)
      (problem.normalization, problem.activation) = (placement, activation)
      try check(problem, try context(), "\(activation)")
    }
  }

  @Test(arguments: NormalizationPlacement.allCases)
  func optionsReachTheOperators(placement: NormalizationPlacement) throws {
    var plain = try Self.problem(EncoderLayerTests.shapes[0])
    plain.normalization = placement
    let masks: [AttentionMask] = [.full, .causal(), .window(left: 2, right: 1, alignment: .topLeft)]
    for (mask, lengths) in masks.flatMap({ mask in [nil, [7, 3], [0, 1]].map { (mask, $0) } }) {
      var problem = plain
      (problem.mask, problem.keyLengths, problem.epsilon) = (mask, lengths, 0.125)
      try check(problem, try context(), "\(mask), \(String(describing: lengths))")
    }
    for dropout in [nil, try Dropout(probability: 0, seed: 1), try Dropout(probability: 1, seed: 1)] {
      var problem = plain
      problem.dropout = dropout
      try check(problem, try context(), "dropout \(String(describing: dropout))")
    }
  }

  @Test(arguments: InstructionSet.allCases.filter(\.isAvailable), NormalizationPlacement.allCases)
  func everyVariantAndRowsWithGaps(isa: InstructionSet, placement: NormalizationPlacement) throws {
    for dropout in [nil, try Dropout(probability: 0.25, seed: 9)] {
      var problem = try Self.problem(EncoderLayerTests.shapes[0])
      (problem.normalization, problem.dropout) = (placement, dropout)
      problem.input = MatrixLayout(rows: 14, columns: 48, rowStride: 51, offset: 3)
      problem.output = MatrixLayout(rows: 14, columns: 48, rowStride: 64, offset: 1)
      try check(problem, try context(isa: isa), "\(isa)")
    }
  }

  /// The same for all threads, for all runs, and on a workspace that holds NaN from the call before.
  @Test(arguments: NormalizationPlacement.allCases, [Activation.relu, .gelu])
  func theSameBits(placement: NormalizationPlacement, activation: Activation) throws {
    var problem = try Self.problem(.init(batch: 3, length: 150, hidden: 60, heads: 5, feedforward: 130))
    (problem.normalization, problem.activation) = (placement, activation)
    let call = try EncoderLayerCall(problem)
    let first = try call.backward(try context(1)).mapValues { $0.map(\.bitPattern) }
    var poisoned = call
    poisoned.input = call.input.map { _ in .nan }
    for threads in EncoderLayerTests.threads {
      let context = try context(threads)
      let pass = try EncoderLayerBackward(problem, context: context)
      let spoilt = try poisoned.backward(context, pass: pass)
      #expect(spoilt["input"]!.allSatisfy { $0.isNaN })
      for _ in 0..<2 {
        let isSame = try call.backward(context, pass: pass).mapValues { $0.map(\.bitPattern) } == first
        #expect(isSame, "\(threads) threads")
      }
    }
  }

  /// Onto zeros, and onto what a call before has left: once and twice the gradients. The input's is written anew.
  @Test(arguments: NormalizationPlacement.allCases, [nil, 0.25])
  func accumulates(placement: NormalizationPlacement, dropProbability: Double?) throws {
    var problem = try Self.problem(EncoderLayerTests.shapes[0])
    problem.normalization = placement
    problem.dropout = try dropProbability.map { try Dropout(probability: $0, seed: 3) }
    let (call, context) = (try EncoderLayerCall(problem), try context())
    let once = try call.backward(context)
    let gradients = try EncoderLayerGradients(for: problem)
    let ontoZeros = try call.backward(context, onto: gradients)
    #expect(ontoZeros == once)
    let twice = try call.backward(context, onto: gradients)
    #expect(twice["input"] == once["input"])
    for (name, values) in once where name != "input" {
      let largest = values.reduce(0) { max($0, abs($1)) }
      let isDouble = zip(twice[name]!, values).allSatisfy { abs($0 - 2 * $1) <= 1e-5 * largest }
      #expect(isDouble, "\(name)")
    }
  }

  /// Two halves of a batch, one onto the other, are the whole batch, without dropout, whose rows count from the call's.
  @Test(arguments: NormalizationPlacement.allCases)
  func partsOfABatchAddUp(placement: NormalizationPlacement) throws {
    var whole = try Self.problem(.init(batch: 2, length: 7, hidden: 48, heads: 3, feedforward: 80))
    (whole.normalization, whole.dropout) = (placement, nil)
    var half = try Self.problem(.init(batch: 1, length: 7, hidden: 48, heads: 3, feedforward: 80))
    (half.normalization, half.dropout) = (placement, nil)
    let (call, context) = (try EncoderLayerCall(whole), try context())
    let expected = try call.backward(context)
    let layer = try EncoderLayer(half, context: context)
    let pass = try EncoderLayerBackward(half, context: context)
    let gradients = try EncoderLayerGradients(for: half)
    let kept = try EncoderLayerSavedTensors(for: half)
    let upstream = call.outputGradient
    var ofInput: [Float] = []
    for part in 0..<2 {
      let rows = part * 7 * 48..<(part + 1) * 7 * 48
      let (input, gradient) = (Array(call.input[rows]), Array(upstream[rows]))
      var (output, here) = (input, input)
      try layer.run(input.span, weights: call.weights, output: output.mutableSpan, keeping: kept)
      try pass.run(
        gradient.span, input: input.span, weights: call.weights, kept: kept, inputGradient: here.mutableSpan,
        gradients: gradients, accumulates: part > 0)
      ofInput += here
    }
    var results = EncoderLayerCall.named(gradients).mapValues { Array($0.elements) }
    results["input"] = ofInput
    for (name, values) in expected {
      let largest = values.reduce(0) { max($0, abs($1)) }
      let isSame = zip(results[name]!, values).allSatisfy { abs($0 - $1) <= 1e-5 * largest }
      #expect(isSame, "\(name)")
    }
  }

  /// The ledger has the stages, in their order.
  @Test(arguments: NormalizationPlacement.allCases, [nil, 0.25])
  func stagesAreWhatTheLedgerHas(placement: NormalizationPlacement, dropProbability: Double?) throws {
    var problem = try Self.problem(EncoderLayerTests.shapes[0])
    problem.normalization = placement
    problem.dropout = try dropProbability.map { try Dropout(probability: $0, seed: 3) }
    let call = try EncoderLayerCall(problem)
    let ledger = Ledger(keepsCalls: true)
    let context = try context(ledger: ledger)
    let layer = try EncoderLayer(problem, context: context)
    let kept = try EncoderLayerSavedTensors(for: problem)
    var output = call.input
    try layer.run(call.input.span, weights: call.weights, output: output.mutableSpan, keeping: kept)
    ledger.reset()
    let pass = try EncoderLayerBackward(problem, context: context)
    _ = try call.backward(context, kept: kept, pass: pass)
    #expect(ledger.calls.map(\.descriptor.name) == pass.stages.map(\.operation))
    #expect(Set(pass.stages.map(\.name)).count == pass.stages.count)
    #expect(ledger.calls.allSatisfy { $0.traffic.byteCount > 0 && $0.floatingPointOperations > 0 })
    if placement == .post {
      #expect(
        pass.stages.compactMap(\.label) == ["BSB", "BLNRD", "BDRB", "BSB", "BLNRD", "BAOB", "BS", "BEI", "BAIB"])
    }
    // Four maps' products twice those of the forward pass: 2 · 2 · N · I · (3I + I + 2U).
    let products = ledger.entries.filter { $0.key.hasPrefix("linear-") }.values
    let tokens = problem.batch * problem.length
    let (hidden, inner) = (problem.hidden, problem.feedforward)
    let least = 4 * tokens * hidden * (4 * hidden + 2 * inner)
    let flops = products.reduce(0) { $0 + $1.floatingPointOperations }
    // Biases' sums add one a row and column at most, the activation's dropout as many, and two residuals.
    #expect((least...least + tokens * (7 * hidden + 2 * inner)).contains(flops))
  }

  @Test func whatIsKeptIsAThirdOfUnfused() throws {
    let problem = EncoderLayerProblem(
      batch: 1, length: 512, hidden: 1024, heads: 16, feedforward: 4096, mode: .training)
    let (tokens, hidden, inner) = (512, 1024, 4096)
    let kept = try EncoderLayerSavedTensors(for: problem).byteCount
    #expect(kept == 4 * (tokens * (7 * hidden + inner + 4) + 16 * tokens))
    // Floats: q, k, v; probabilities and dropped ones; attended; two sums and the first norm's result; activation's and
    // dropout's results. Bytes: masks.
    let scores = 16 * 512 * 512
    let unfused = 4 * (tokens * (7 * hidden + 2 * inner) + 2 * scores) + scores + tokens * (2 * hidden + inner)
    #expect(3 * kept <= unfused)
  }

  @Test(arguments: NormalizationPlacement.allCases) func noTokens(placement: NormalizationPlacement) throws {
    for (batch, length) in [(0, 5), (5, 0)] {
      var problem = EncoderLayerProblem(
        batch: batch, length: length, hidden: 8, heads: 2, feedforward: 3, mode: .training)
      problem.normalization = placement
      let results = try EncoderLayerCall(problem).backward(try context())
      #expect(results["input"] == [])
      #expect(results.values.allSatisfy { $0.allSatisfy { $0 == 0 } })
    }
  }
}

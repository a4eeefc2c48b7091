import Tessera
import Testing

/// What making linear 2's input again saves and takes, as docs/encoder-layer.md has it.
@Suite struct EncoderLayerRecomputationCostTests {
  private typealias Pair = EncoderLayerRecomputationTests.Pair

  private func context(_ ledger: Ledger? = nil) throws -> ExecutionContext {
    var context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: .best)
    context.ledger = ledger
    return context
  }

  /// What the backward pass of a call recorded, and its stages.
  private func recorded(
    _ call: EncoderLayerCall
  ) throws -> (ledger: Ledger, stages: [EncoderLayerBackwardStage]) {
    let ledger = Ledger(keepsCalls: true)
    let context = try context(ledger)
    let layer = try EncoderLayer(call.problem, context: context)
    let kept = try EncoderLayerSavedTensors(for: call.problem)
    var output = call.input
    try layer.run(call.input.span, weights: call.weights, output: output.mutableSpan, keeping: kept)
    ledger.reset()
    let pass = try EncoderLayerBackward(call.problem, context: context)
    _ = try call.backward(context, kept: kept, pass: pass)
    return (ledger, pass.stages)
  }

  /// The ledger has the stages, and besides one operator what it has of a pass that reads what was kept.
  @Test(arguments: NormalizationPlacement.allCases, [nil, 0.25])
  func oneOperatorMore(placement: NormalizationPlacement, dropProbability: Double?) throws {
    var problem = try EncoderLayerRecomputationTests.problem(placement, .geluTanh)
    problem.dropout = try dropProbability.map { try Dropout(probability: $0, seed: 3) }
    let pair = try Pair(problem)
    let (again, keeping) = (try recorded(pair.again), try recorded(pair.keeping))
    #expect(again.ledger.calls.map(\.descriptor.name) == again.stages.map(\.operation))
    #expect(Set(again.stages.map(\.name)).count == again.stages.count)
    if placement == .post {
      #expect(
        again.stages.compactMap(\.label)
          == ["BSB", "BLNRD", "BRD", "BDRB", "BSB", "BLNRD", "BAOB", "BS", "BEI", "BAIB"])
    }
    var entries = again.ledger.entries
    let removed = entries.removeValue(forKey: "bias-activation-dropout")
    let more = try #require(removed)
    // N · U read and written, U of the bias read.
    let (tokens, inner) = (problem.batch * problem.length, problem.feedforward)
    #expect(more.calls == 1 && more.leastBytes == 4 * (2 * tokens * inner + inner))
    #expect(more.traffic.byteCount >= more.leastBytes)
    #expect(Set(entries.keys) == Set(keeping.ledger.entries.keys))
    for (name, entry) in keeping.ledger.entries {
      let other = try #require(entries[name])
      #expect(other.calls == entry.calls && other.leastBytes == entry.leastBytes, "\(name)")
      #expect(other.traffic.byteCount == entry.traffic.byteCount, "\(name)")
      #expect(other.floatingPointOperations == entry.floatingPointOperations, "\(name)")
    }
  }

  /// By formula, and by the memory itself.
  @Test(arguments: NormalizationPlacement.allCases, Activation.allCases)
  func whatIsKeptIsAThirdOfUnfused(placement: NormalizationPlacement, activation: Activation) throws {
    let shape = EncoderLayerTests.Shape(batch: 1, length: 512, hidden: 1024, heads: 16, feedforward: 4096)
    var problem = try EncoderLayerRecomputationTests.problem(placement, activation, shape)
    let (tokens, hidden, inner) = (512, 1024, 4096)
    let formula = 4 * tokens * (7 * hidden + inner + 4 + 16)
    let keeping = try EncoderLayerSavedTensors(for: problem).byteCount
    #expect(keeping == formula + (activation == .relu ? 0 : 4 * tokens * inner))
    problem.recomputesActivated = true
    let kept = try EncoderLayerSavedTensors(for: problem)
    let buffers: [AlignedBuffer<Float>?] = [
      kept.attentionInput, kept.inputStatistics?.mean, kept.inputStatistics?.inverseDeviation, kept.queryKeyValue,
      kept.attention.logSumExp, kept.attended, kept.afterAttention.sum, kept.afterAttention.mean,
      kept.afterAttention.inverseDeviation, kept.feedforwardInput, kept.activationInput, kept.activated,
      kept.afterFeedforward?.sum, kept.afterFeedforward?.mean, kept.afterFeedforward?.inverseDeviation,
    ]
    let floats = buffers.reduce(0) { $0 + ($1?.count ?? 0) }
    #expect(4 * floats == formula && kept.byteCount == formula)
    // Floats: q, k, v; probabilities and dropped ones; attended; two sums and the first norm's result, or two norms'
    // results and the first sum; what the activation's gradient reads, and dropout's result. Bytes: masks.
    let scores = 16 * 512 * 512
    let unfused = 4 * (tokens * (7 * hidden + 2 * inner) + 2 * scores) + scores + tokens * (2 * hidden + inner)
    #expect(3 * kept.byteCount <= unfused)
  }

  /// Backward none; forward a place for what is not kept.
  @Test(arguments: NormalizationPlacement.allCases, Activation.allCases)
  func workspaceThatItTakes(placement: NormalizationPlacement, activation: Activation) throws {
    let shape = EncoderLayerTests.Shape(batch: 2, length: 16, hidden: 32, heads: 2, feedforward: 128)
    let pair = try Pair(try EncoderLayerRecomputationTests.problem(placement, activation, shape))
    let context = try context()
    func forward(_ problem: EncoderLayerProblem) throws -> Int {
      try EncoderLayer(problem, context: context).workspaceBytes
    }
    func backward(_ problem: EncoderLayerProblem) throws -> Int {
      try EncoderLayerBackward(problem, context: context).workspaceBytes
    }
    let (again, keeping) = (pair.again.problem, pair.keeping.problem)
    #expect(try backward(again) == backward(keeping))
    let more = activation == .relu ? 0 : 4 * 32 * 128
    #expect(try forward(again) == forward(keeping) + more)
    var (first, second) = (again, keeping)
    (first.mode, second.mode) = (.inference, .inference)
    #expect(try forward(first) == forward(second))
  }
}

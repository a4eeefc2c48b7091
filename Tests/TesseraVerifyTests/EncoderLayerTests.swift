import Tessera
import TesseraReference
import Testing

/// The layer against the oracle's, whose tolerance docs/numerics.md gives.
@Suite struct EncoderLayerTests {
  /// Operators on the way from input to output: norm, map, bias, attention, map, bias and residual, and as many in the
  /// feed-forward half.
  private static let chain = 12.0

  struct Shape: CustomStringConvertible, Sendable {
    var batch, length, hidden, heads, feedforward: Int
    var description: String { "\(batch) × \(length), \(hidden) in \(heads), \(feedforward)" }
  }
  static let shapes = [
    Shape(batch: 2, length: 7, hidden: 48, heads: 3, feedforward: 80),
    Shape(batch: 1, length: 1, hidden: 8, heads: 2, feedforward: 5),
    Shape(batch: 3, length: 1, hidden: 6, heads: 3, feedforward: 1),
    Shape(batch: 1, length: 33, hidden: 65, heads: 1, feedforward: 17),
    Shape(batch: 2, length: 130, hidden: 36, heads: 4, feedforward: 147),
    Shape(batch: 4, length: 9, hidden: 5, heads: 5, feedforward: 3),
  ]
  static let threads = [1, 2, 3, 8]

  private static func problem(_ shape: Shape, _ mode: ExecutionMode) throws -> EncoderLayerProblem {
    var problem = EncoderLayerProblem(
      batch: shape.batch, length: shape.length, hidden: shape.hidden, heads: shape.heads,
      feedforward: shape.feedforward, mode: mode)
    problem.dropout = try Dropout(probability: 0.25, seed: 0x1_0000_0007, offset: 40)
    return problem
  }

  private func context(_ threads: Int = 2, isa: InstructionSet = .best) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: isa)
  }

  /// Every result's largest quotient of error and tolerance.
  func check(_ problem: EncoderLayerProblem, _ context: ExecutionContext, _ what: String) throws {
    let call = try EncoderLayerCall(problem)
    let results = try call.run(context)
    let oracle = call.reference { (layer, inputs: [String: [Double]]) in layer.results(inputs) }
    let naive = call.reference { (layer, inputs: [String: [Float]]) in layer.results(inputs) }
    var wanted: Set = ["output"]
    if problem.mode == .training {
      wanted.formUnion([
        "query-key-value", "attended", "log-sum-exp", "after-attention", "feedforward-input", "activated",
      ])
      wanted.insert(problem.normalization == .pre ? "attention-input" : "after-feedforward")
      if problem.activation != .relu { wanted.insert("activation-input") }
    }
    #expect(Set(results.keys) == wanted)
    for (name, values) in results {
      let (exact, plain) = (oracle[name]!, naive[name]!)
      #expect(values.count == exact.count)
      // Rows of the whole tensor were drawn alike.
      let largest = exact.reduce(0x1p-126) { $1.isFinite ? max($0, abs($1)) : $0 }
      let naiveError = zip(plain, exact).reduce(0.0) { $1.1.isFinite ? max($0, abs(Double($1.0) - $1.1)) : $0 }
      let tolerance = 2 * naiveError + 4 * Self.chain * 0x1p-23 * largest
      let isWithin = zip(values, exact).allSatisfy { value, exact in
        exact.isFinite ? abs(Double(value) - exact) <= tolerance : Double(value) == exact
      }
      #expect(isWithin, "\(name), \(what)")
    }
  }

  @Test(arguments: shapes, NormalizationPlacement.allCases)
  func agreesWithTheOracle(shape: Shape, placement: NormalizationPlacement) throws {
    for mode in ExecutionMode.allCases {
      for activation in Activation.allCases {
        var problem = try Self.problem(shape, mode)
        (problem.normalization, problem.activation) = (placement, activation)
        try check(problem, try context(), "\(mode), \(activation)")
      }
    }
  }

  @Test(arguments: NormalizationPlacement.allCases, ExecutionMode.allCases)
  func optionsReachTheOperators(placement: NormalizationPlacement, mode: ExecutionMode) throws {
    var plain = try Self.problem(Self.shapes[0], mode)
    plain.normalization = placement
    let masks: [AttentionMask] = [.full, .causal(), .window(left: 2, right: 1, alignment: .topLeft)]
    for (mask, lengths) in masks.flatMap({ mask in [nil, [7, 3], [0, 1]].map { (mask, $0) } }) {
      var problem = plain
      (problem.mask, problem.keyLengths, problem.epsilon) = (mask, lengths, 0.125)
      try check(problem, try context(), "\(mask), \(String(describing: lengths))")
    }
    for probability in [0, 1] {
      var problem = plain
      problem.dropout = try Dropout(probability: Double(probability), seed: 1)
      try check(problem, try context(), "p = \(probability)")
    }
  }

  @Test(arguments: NormalizationPlacement.allCases, InstructionSet.allCases.filter(\.isAvailable))
  func packedWeightsChangeNoBit(placement: NormalizationPlacement, isa: InstructionSet) throws {
    for (shape, mode) in Self.shapes.flatMap({ shape in ExecutionMode.allCases.map { (shape, $0) } }) {
      var problem = try Self.problem(shape, mode)
      problem.normalization = placement
      let call = try EncoderLayerCall(problem)
      let (rows, packed) = (
        try call.run(context(isa: isa)), try call.run(context(3, isa: isa), packed: true)
      )
      #expect(rows.mapValues { $0.map(\.bitPattern) } == packed.mapValues { $0.map(\.bitPattern) }, "\(shape), \(mode)")
    }
  }

  /// Room behind a sequence changes nothing: its tokens come out as they do when the room is theirs.
  @Test(arguments: NormalizationPlacement.allCases)
  func aShortSequenceIsAsOneAlone(placement: NormalizationPlacement) throws {
    let (room, length, hidden) = (8, 5, 48)
    for mask: AttentionMask in [
      .full, .causal(), .causal(alignment: .topLeft), .window(left: 2, right: 0),
      .window(left: 1, right: 1, alignment: .topLeft),
    ] {
      var padded = EncoderLayerProblem(batch: 1, length: room, hidden: hidden, heads: 3, feedforward: 80)
      (padded.normalization, padded.mask, padded.keyLengths) = (placement, mask, [length])
      var alone = padded
      (alone.length, alone.keyLengths) = (length, nil)
      (alone.input, alone.output) = (
        MatrixLayout(rows: length, columns: hidden), MatrixLayout(rows: length, columns: hidden)
      )
      let call = try EncoderLayerCall(padded)
      var short = try EncoderLayerCall(alone)
      short.input = Array(call.input.prefix(length * hidden))
      let (long, brief) = (try call.run(try context())["output"]!, try short.run(try context())["output"]!)
      let difference = zip(long, brief).map { abs($0 - $1) }.max()!
      #expect(difference < 1e-4, "\(mask): \(difference)")
    }
  }

  @Test(arguments: InstructionSet.allCases.filter(\.isAvailable), NormalizationPlacement.allCases)
  func everyVariantAndRowsWithGaps(isa: InstructionSet, placement: NormalizationPlacement) throws {
    for mode in ExecutionMode.allCases {
      var problem = try Self.problem(Self.shapes[0], mode)
      problem.normalization = placement
      problem.input = MatrixLayout(rows: 14, columns: 48, rowStride: 51, offset: 3)
      problem.output = MatrixLayout(rows: 14, columns: 48, rowStride: 64, offset: 1)
      try check(problem, try context(isa: isa), "\(isa), \(mode)")
    }
  }

  /// The same for all threads, for all runs, and on a layer whose workspace holds NaN from the call before.
  @Test(arguments: NormalizationPlacement.allCases, ExecutionMode.allCases)
  func theSameBits(placement: NormalizationPlacement, mode: ExecutionMode) throws {
    var problem = try Self.problem(
      Shape(batch: 3, length: 150, hidden: 60, heads: 5, feedforward: 130), mode)
    (problem.normalization, problem.activation) = (placement, .gelu)
    let call = try EncoderLayerCall(problem)
    let first = try call.run(try context(1))
    for threads in Self.threads {
      let context = try context(threads)
      let layer = try EncoderLayer(problem, context: context)
      var poisoned = call
      poisoned.input = call.input.map { _ in .nan }
      let spoilt = try poisoned.run(context, layer: layer)
      #expect(spoilt["output"]!.allSatisfy { $0.isNaN })
      for _ in 0..<3 {
        let isSame = try call.run(context, layer: layer) == first
        #expect(isSame, "\(threads) threads")
      }
    }
  }

  /// What lies beyond a sequence's length reaches no token within it.
  @Test(arguments: NormalizationPlacement.allCases) func paddingReachesNoToken(
    placement: NormalizationPlacement
  ) throws {
    var problem = try Self.problem(Self.shapes[0], .inference)
    (problem.normalization, problem.keyLengths) = (placement, [4, 7])
    let call = try EncoderLayerCall(problem)
    var spoilt = call
    for element in 4 * 48..<7 * 48 { spoilt.input[element] = .nan }
    let (clean, other) = (try call.run(try context())["output"]!, try spoilt.run(try context())["output"]!)
    #expect(clean[..<(4 * 48)] == other[..<(4 * 48)])
    #expect(clean[(7 * 48)...] == other[(7 * 48)...])
  }

  /// Dropout in training alone; without it both modes give the same bits.
  @Test(arguments: NormalizationPlacement.allCases) func inferenceDropsNothing(
    placement: NormalizationPlacement
  ) throws {
    var problem = try Self.problem(Self.shapes[4], .training)
    problem.normalization = placement
    let dropped = try EncoderLayerCall(problem).run(try context())["output"]!
    problem.dropout = nil
    let training = try EncoderLayerCall(problem).run(try context())["output"]!
    problem.mode = .inference
    #expect(try EncoderLayerCall(problem).run(try context())["output"]! == training)
    problem.dropout = try Dropout(probability: 0.5, seed: 2)
    #expect(try EncoderLayerCall(problem).run(try context())["output"]! == training)
    #expect(dropped != training)
  }

  /// One block of narrow and wide parts where nothing is kept, none where all is.
  @Test func workspaceIsWhatThePartsNeed() throws {
    let shape = Shape(batch: 2, length: 16, hidden: 32, heads: 2, feedforward: 128)
    var problem = try Self.problem(shape, .inference)
    let context = try context()
    func bytes(_ mode: ExecutionMode) throws -> Int {
      problem.mode = mode
      return try EncoderLayer(problem, context: context).workspaceBytes
    }
    let attention = try AttentionPlan(
      for: AttentionProblem(batch: 2, queryHeads: 2, queryLength: 16, headDimension: 16), context: context
    ).workspaceBytes
    // Two fused norms, each with a row a thread.
    let rows = 2 * 2 * 32 * 4
    // The products share what the largest needs.
    let products = GemmWorkspace(threadCount: context.pool.threadCount)
    func layout(_ rows: Int, _ columns: Int) -> MatrixLayout { MatrixLayout(rows: rows, columns: columns) }
    _ = try LinearAttentionInputBiasPlan(
      AttentionInputBiasProblem(batch: 2, length: 16, queryHeads: 2, headDimension: 16), input: layout(32, 32),
      weight: layout(96, 32), workspace: products, context: context)
    for depth in [32, 128] {
      _ = try LinearBiasDropoutResidualLayerNormPlan(
        input: layout(32, depth), weight: layout(32, depth), dropout: nil, mode: .inference, workspace: products,
        context: context)
    }
    _ = try LinearBiasActivationDropoutPlan(
      .relu, input: layout(32, 32), weight: layout(128, 32), dropout: nil, mode: .inference, workspace: products,
      context: context)
    #expect(try bytes(.inference) == attention + rows + products.byteCount + 32 * (32 + 128 + 32) * 4)
    #expect(try bytes(.training) < bytes(.inference))
  }

  @Test func noTokens() throws {
    for (batch, length) in [(0, 5), (5, 0)] {
      for mode in ExecutionMode.allCases {
        let problem = EncoderLayerProblem(
          batch: batch, length: length, hidden: 8, heads: 2, feedforward: 3, mode: mode)
        #expect(try EncoderLayerCall(problem).run(try context())["output"] == [])
      }
    }
  }
}

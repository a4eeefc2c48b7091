import Tessera
import Testing

/// What the cross-entropy of a linear map promises beyond agreement with the oracle.
@Suite struct LinearCrossEntropyTests {
  private static let sets = InstructionSet.allCases.filter(\.isAvailable)

  private struct Call {
    var (rows, columns, depth) = (37, 130, 20)
    var options = CrossEntropyOptions()
    var input, weight: [Float]
    var targets: [Int32]
    var losses: [Float] = []
    var inputGradient: [Float] = []
    var weightGradient: [Float] = []

    init() {
      input = SamplingTests.uniform(37 * 20, seed: 1)
      weight = SamplingTests.uniform(130 * 20, seed: 2)
      targets = (0..<37).map { Int32($0 * 29 % 130) }
    }

    init(rows: Int, columns: Int, depth: Int, input: [Float], weight: [Float], targets: [Int32]) {
      (self.rows, self.columns, self.depth) = (rows, columns, depth)
      (self.input, self.weight, self.targets) = (input, weight, targets)
    }

    /// Runs for training; gradients begin as NaN.
    mutating func run(_ set: InstructionSet, threads: Int = 2) throws -> Float {
      let context = ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: set)
      let plan = try LinearCrossEntropyPlan(
        input: MatrixLayout(rows: rows, columns: depth), weight: MatrixLayout(rows: columns, columns: depth),
        options: options, context: context)
      var taken = [Float](repeating: .nan, count: rows)
      var ofInput = [Float](repeating: .nan, count: rows * depth)
      var ofWeight = [Float](repeating: .nan, count: columns * depth)
      let loss = try plan.run(
        input.span, weight: weight.span, targets: targets.span, losses: taken.mutableSpan,
        inputGradient: ofInput.mutableSpan, weightGradient: ofWeight.mutableSpan)
      (losses, inputGradient, weightGradient) = (taken, ofInput, ofWeight)
      return loss
    }
  }

  /// Neither chunks nor threads change a bit.
  @Test(arguments: sets) func bitsDoNotDependOnChunks(set: InstructionSet) throws {
    var expected = Call()
    expected.targets[5] = -100
    let loss = try expected.run(set, threads: 1)
    for (rowsPerChunk, threads) in [(1, 2), (5, 1), (12, 3), (36, 8), (1000, 2)] {
      var call = Call()
      call.targets[5] = -100
      call.options.rowsPerChunk = rowsPerChunk
      let again = try call.run(set, threads: threads)
      #expect(again == loss)
      let isSame =
        call.losses == expected.losses && call.inputGradient == expected.inputGradient
        && call.weightGradient == expected.weightGradient
      #expect(isSame, "\(rowsPerChunk) rows a chunk, \(threads) threads")
    }
  }

  /// What a row that is ignored holds is not used, and where all are nothing is left.
  @Test(arguments: sets, [CrossEntropyOptions.Reduction.mean, .sum])
  func ignoredRowsAreNotUsed(set: InstructionSet, reduction: CrossEntropyOptions.Reduction) throws {
    var (clean, dirty) = (Call(), Call())
    for row in [0, 7, 36] {
      (clean.targets[row], dirty.targets[row]) = (-100, -100)
      for k in 0..<20 { dirty.input[row * 20 + k] = [.nan, .infinity][k % 2] }
    }
    (clean.options.reduction, dirty.options.reduction) = (reduction, reduction)
    let losses = (try clean.run(set), try dirty.run(set))
    #expect(losses.0 == losses.1 && losses.0 > 0)
    #expect(clean.weightGradient == dirty.weightGradient && clean.inputGradient == dirty.inputGradient)
    for row in [0, 7, 36] {
      #expect(dirty.losses[row] == 0)
      #expect(dirty.inputGradient[row * 20..<(row + 1) * 20].allSatisfy { $0 == 0 })
    }
    dirty.targets = [Int32](repeating: -100, count: 37)
    dirty.weight[3] = .nan
    let nothing = try dirty.run(set)
    #expect(nothing == 0)
    #expect((dirty.losses + dirty.inputGradient + dirty.weightGradient).allSatisfy { $0 == 0 })
  }

  /// A column that cannot be: its probability is 0, and as a target its loss is infinite; gradients of logits stay
  /// finite.
  @Test(arguments: sets) func logitsOfMinusInfinity(set: InstructionSet) throws {
    // Logits 0, −inf and 0 of an input of 1, whose gradient multiplies by those weights; so only the weights' is looked
    // at.
    var call = Call(
      rows: 2, columns: 3, depth: 1, input: [1, 1], weight: [0, -.infinity, 0], targets: [0, 1])
    call.options.reduction = .sum
    let whole = try call.run(set)
    #expect(whole == .infinity)
    #expect(abs(call.losses[0] - 0.693_147_2) < 1e-6 && call.losses[1] == .infinity)
    for (gradient, expected) in zip(call.weightGradient, [0, -1, 1] as [Float]) {
      #expect(abs(gradient - expected) < 1e-6)
    }
    call.options.labelSmoothing = 0.3
    let smoothed = try call.run(set)
    #expect(smoothed == .infinity)
    #expect(call.losses == [.infinity, .infinity])
    #expect(call.weightGradient.allSatisfy { $0.isFinite })
    // Nothing but −inf, and +inf, have no probabilities.
    for weight in [-Float.infinity, .infinity] {
      var none = Call(
        rows: 1, columns: 2, depth: 1, input: [1], weight: [weight, weight], targets: [0])
      let undefined = try none.run(set)
      #expect(undefined.isNaN)
      #expect(none.weightGradient.allSatisfy { $0.isNaN })
    }
  }

  /// Large logits, of which one has all the probability.
  @Test(arguments: sets) func largeLogits(set: InstructionSet) throws {
    var call = Call(rows: 2, columns: 2, depth: 1, input: [1, 1], weight: [10_000, -10_000], targets: [0, 1])
    let mean = try call.run(set)
    #expect(mean == 10_000)
    #expect(call.losses == [0, 20_000])
    #expect(call.weightGradient == [0.5, -0.5])
  }

  /// Without gradients, and with weights packed, the losses are the same.
  @Test(arguments: sets) func lossesAloneAndPackedWeights(set: InstructionSet) throws {
    var call = Call()
    let loss = try call.run(set)
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    let (input, weight) = (MatrixLayout(rows: 37, columns: 20), MatrixLayout(rows: 130, columns: 20))
    var losses = [Float](repeating: .nan, count: 37)
    let plain = try LinearCrossEntropyPlan(input: input, weight: weight, mode: .inference, context: context)
    let alone = try plain.run(
      call.input.span, weight: call.weight.span, targets: call.targets.span, losses: losses.mutableSpan)
    #expect(alone == loss && losses == call.losses)
    let ofMap = try PackedWeights(call.weight.span, weight, context: context)
    let ofGradient = try PackedWeights(call.weight.span, weight, forInputGradient: true, context: context)
    let packed = try LinearCrossEntropyPlan(input: input, weight: weight, isPacked: true, context: context)
    var (dX, dW) = ([Float](repeating: .nan, count: 37 * 20), [Float](repeating: .nan, count: 130 * 20))
    let again = try packed.run(
      call.input.span, weight: ofMap, weightForInputGradient: ofGradient, targets: call.targets.span,
      losses: losses.mutableSpan, inputGradient: dX.mutableSpan, weightGradient: dW.mutableSpan)
    #expect(again == loss && dX == call.inputGradient && dW == call.weightGradient)
  }

  /// 64 MiB of logits at most, unless rows are long; a plan says what it takes.
  @Test func chunksAreBounded() throws {
    let context = try ExecutionContext(pool: WorkerPool(threadCount: 1))
    func rows(_ rows: Int, _ columns: Int) throws -> Int {
      try LinearCrossEntropyPlan(
        input: MatrixLayout(rows: rows, columns: 1), weight: MatrixLayout(rows: columns, columns: 1),
        mode: .inference, context: context
      ).rowsPerChunk
    }
    #expect(try rows(100, 1000) == 100)
    // 341 rows of 49,152 would fit: three chunks of as many each.
    #expect(try rows(1000, 49_152) == 334)
    #expect(try rows(130, 1 << 19) == 44)
    #expect(try rows(0, 5) == 0)
  }
}

import Tessera
import Testing

/// What rides on the gradient of a linear map's input gives the bits of the product and the operator one after the
/// other, by every public call.
///
/// Both forms of weights are written out, as in `FusedLinearDoorTests`.
@Suite struct FusedLinearGradientTests {
  /// Rows, columns and depth of the map: around blocks, groups and panels of the product, whose columns are the depth.
  static let shapes = [
    (1, 1, 1), (3, 0, 40), (5, 127, 63), (13, 300, 200), (16, 512, 130), (257, 140, 70), (40, 270, 1100),
    (520, 270, 133), (30, 1100, 96), (9, 128, 64), (100, 64, 640), (0, 4, 4), (4, 4, 0),
  ].map { GemmTests.Shape(rows: $0.0, columns: $0.1, depth: $0.2) }

  static func contexts(_ set: InstructionSet) throws -> [ExecutionContext] {
    try [(1, 64 << 20), (2, 1 << 20), (3, 128 << 10)].map { threads, capacity in
      ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: set, fastMemoryBytes: capacity)
    }
  }

  /// A map's shape, its operands, and the gradient of its input.
  struct Map {
    let outputGradient, weight, input: MatrixLayout
    let dY, w: [Float]

    init(_ shape: GemmTests.Shape) {
      outputGradient = MatrixLayout(rows: shape.rows, columns: shape.columns)
      weight = MatrixLayout(rows: shape.columns, columns: shape.depth)
      input = MatrixLayout(rows: shape.rows, columns: shape.depth)
      dY = SamplingTests.uniform(shape.rows * shape.columns, seed: 1)
      w = SamplingTests.uniform(shape.columns * shape.depth, seed: 2)
    }

    var count: Int { input.rows * input.columns }
    var unwritten: [Float] { [Float](repeating: .nan, count: count) }

    func packed(_ context: ExecutionContext) throws -> PackedWeights {
      try PackedWeights(w.span, weight, forInputGradient: true, context: context)
    }

    func ofInput(_ context: ExecutionContext) throws -> [Float] {
      var gradient = unwritten
      let plan = try LinearInputGradientPlan(outputGradient: outputGradient, weight: weight, context: context)
      try plan.run(dY.span, weight: w.span, inputGradient: gradient.mutableSpan)
      return gradient
    }
  }

  static func isSame(_ first: [Float], _ second: [Float]) -> Bool {
    first.map(\.bitPattern) == second.map(\.bitPattern)
  }

  @Test(arguments: shapes, InstructionSet.available)
  func ofReLU(shape: GemmTests.Shape, set: InstructionSet) throws {
    let map = Map(shape)
    let activated = SamplingTests.uniform(map.count, seed: 3)
    for dropout in [nil, try Dropout(probability: 0.25, seed: 5, offset: 3), try Dropout(probability: 1, seed: 5)] {
      let saved = BiasActivationDropoutPlan.saved(.relu, dropout)
      for context in try Self.contexts(set) {
        let product = try map.ofInput(context)
        var (expected, sums) = (map.unwritten, [Float](repeating: 0, count: shape.depth))
        let after = try BiasActivationDropoutGradientPlan(saved, outputGradient: map.input, context: context)
        try after.run(
          product.span, neededTensor: activated.span, inputGradient: expected.mutableSpan,
          biasGradient: sums.mutableSpan)
        var (first, second) = (map.unwritten, map.unwritten)
        let plan = try LinearInputGradientActivationDropoutPlan(
          saved, outputGradient: map.outputGradient, weight: map.weight, context: context)
        try plan.run(
          map.dY.span, weight: map.w.span, neededTensor: activated.span, inputGradient: first.mutableSpan)
        let panels = try map.packed(context)
        let ofPacked = try LinearInputGradientActivationDropoutPlan(
          saved, outputGradient: map.outputGradient, weight: map.weight, isPacked: true, context: context)
        try ofPacked.run(
          map.dY.span, weight: panels, neededTensor: activated.span, inputGradient: second.mutableSpan)
        #expect(Self.isSame(first, expected), "\(context.pool.threadCount) threads")
        #expect(Self.isSame(second, expected), "\(context.pool.threadCount) threads, packed")
      }
    }
  }

  @Test(arguments: shapes, [Activation.gelu, .geluTanh, .silu])
  func ofOtherActivations(shape: GemmTests.Shape, activation: Activation) throws {
    let map = Map(shape)
    let input = SamplingTests.uniform(map.count, seed: 3).map { 4 * $0 }
    let bias = SamplingTests.uniform(shape.depth, seed: 4)
    let saved = BiasActivationDropoutPlan.saved(activation, try Dropout(probability: 0.25, seed: 5, offset: 3))
    for set in InstructionSet.available {
      for context in try Self.contexts(set) {
        let product = try map.ofInput(context)
        var (expected, sums) = (map.unwritten, [Float](repeating: 0, count: shape.depth))
        let after = try BiasActivationDropoutGradientPlan(saved, outputGradient: map.input, context: context)
        try after.run(
          product.span, neededTensor: input.span, bias: bias.span, inputGradient: expected.mutableSpan,
          biasGradient: sums.mutableSpan)
        var first = map.unwritten
        let plan = try LinearInputGradientActivationDropoutPlan(
          saved, outputGradient: map.outputGradient, weight: map.weight, context: context)
        try plan.run(
          map.dY.span, weight: map.w.span, neededTensor: input.span, bias: bias.span,
          inputGradient: first.mutableSpan)
        #expect(Self.isSame(first, expected), "\(set), \(context.pool.threadCount) threads")
      }
    }
  }

  @Test(arguments: shapes, InstructionSet.available)
  func withAResidual(shape: GemmTests.Shape, set: InstructionSet) throws {
    let map = Map(shape)
    let residual = SamplingTests.uniform(map.count, seed: 3)
    for context in try Self.contexts(set) {
      let product = try map.ofInput(context)
      var expected = map.unwritten
      try sumOfGradients(
        product.span, map.input, adding: residual.span, output: expected.mutableSpan, context: context)
      var (first, second, third, fourth) = (map.unwritten, map.unwritten, residual, residual)
      let plan = try LinearInputGradientResidualPlan(
        outputGradient: map.outputGradient, weight: map.weight, context: context)
      let panels = try map.packed(context)
      let ofPacked = try LinearInputGradientResidualPlan(
        outputGradient: map.outputGradient, weight: map.weight, isPacked: true, context: context)
      try plan.run(map.dY.span, weight: map.w.span, residual: residual.span, inputGradient: first.mutableSpan)
      try ofPacked.run(map.dY.span, weight: panels, residual: residual.span, inputGradient: second.mutableSpan)
      try plan.run(map.dY.span, weight: map.w.span, ontoResidual: third.mutableSpan)
      try ofPacked.run(map.dY.span, weight: panels, ontoResidual: fourth.mutableSpan)
      for gradient in [first, second, third, fourth] {
        #expect(Self.isSame(gradient, expected), "\(context.pool.threadCount) threads")
      }
    }
  }

  /// In one call, and that a dropped element's gradient is 0 whatever came back to it.
  @Test func inOneCall() throws {
    let map = Map(GemmTests.Shape(rows: 7, columns: 30, depth: 41))
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: .best)
    let (saved, bias) = (SamplingTests.uniform(map.count, seed: 3), SamplingTests.uniform(41, seed: 4))
    let dropout = try Dropout(probability: 0.5, seed: 9)
    let forward = BiasActivationDropoutPlan.saved(.silu, dropout)
    let plan = try LinearInputGradientActivationDropoutPlan(
      forward, outputGradient: map.outputGradient, weight: map.weight, context: context)
    var (planned, called) = (map.unwritten, map.unwritten)
    try plan.run(
      map.dY.span, weight: map.w.span, neededTensor: saved.span, bias: bias.span, inputGradient: planned.mutableSpan)
    try linearInputGradientActivationDropout(
      forward, map.dY.span, map.outputGradient, weight: map.w.span, weightLayout: map.weight,
      neededTensor: saved.span, bias: bias.span, inputGradient: called.mutableSpan, context: context)
    #expect(Self.isSame(planned, called))
    let spoilt = map.dY.map { _ in Float.nan }
    try plan.run(
      spoilt.span, weight: map.w.span, neededTensor: saved.span, bias: bias.span, inputGradient: planned.mutableSpan)
    for (index, gradient) in planned.enumerated() {
      let isKept = dropout.keeps(row: index / 41, column: index % 41)
      #expect(isKept ? gradient.isNaN : gradient == 0)
    }
    var (first, second) = (map.unwritten, map.unwritten)
    try LinearInputGradientResidualPlan(
      outputGradient: map.outputGradient, weight: map.weight, context: context
    ).run(map.dY.span, weight: map.w.span, residual: saved.span, inputGradient: first.mutableSpan)
    try linearInputGradientResidual(
      map.dY.span, map.outputGradient, weight: map.w.span, weightLayout: map.weight, residual: saved.span,
      inputGradient: second.mutableSpan, context: context)
    #expect(Self.isSame(first, second))
  }
}

extension BiasActivationDropoutPlan {
  /// What a forward plan would have said of itself; none runs here.
  fileprivate static func saved(_ activation: Activation, _ dropout: Dropout?) -> BiasActivationDropoutSavedTensors {
    try! BiasActivationDropoutPlan(
      activation, input: MatrixLayout(rows: 1, columns: 1), dropout: dropout, mode: .training
    ).savedTensors
  }
}
